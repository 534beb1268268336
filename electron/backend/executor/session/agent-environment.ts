import type { SpanIdentity } from './run-spans.ts';
import type { SessionOptions } from './session-options.ts';

/** Puts the agent's own spans into this run, and lets it know that it is one (OTel env carriers; FACTS.md, Lineage). */
export function contextOf(
  identity: SpanIdentity,
  environment: SessionOptions['environment'],
  otlpEndpoint: string | undefined,
  isRerun: boolean,
): Readonly<Record<string, string>> {
  // Names of services stay the agent's own.
  const ours = Object.entries(identity.resource)
    .filter(([key]) => key.startsWith('retake.') && key !== 'retake.edits')
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  const given = environment['OTEL_RESOURCE_ATTRIBUTES'];
  const proxied = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].some(
    (name) => environment[name],
  );
  const direct = [environment['NO_PROXY'] ?? environment['no_proxy'], '127.0.0.1', 'localhost']
    .filter(Boolean)
    .join(',');
  const sendsElsewhere = Object.keys(environment).some((name) =>
    /^OTEL_EXPORTER_OTLP_(?:(?:TRACES|LOGS|METRICS)_)?ENDPOINT$/.test(name),
  );
  return {
    TRACEPARENT: `00-${identity.traceId}-${identity.rootSpanId}-01`,
    OTEL_RESOURCE_ATTRIBUTES: [...(given ? [given] : []), ...ours].join(','),
    RETAKE_RUN_ID: identity.traceId,
    ...(isRerun ? { RETAKE_IS_RERUN: '1' } : {}),
    ...(otlpEndpoint === undefined || sendsElsewhere
      ? {}
      : { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }),
    ...(proxied ? { NO_PROXY: direct, no_proxy: direct } : {}),
  };
}

/** The agent has not asked yet: many load for longer than this. That it does not use the gateway is known at its end only. */
export const waitingText = 'Waiting for the agent’s first model call.';

/** The command has ended, and no call came to the gateway: which variables were set, and what may be the reason. */
export function unusedText(variables: readonly string[], client: string | undefined): string {
  const recipe =
    client === undefined
      ? 'The agent may have the address of its provider built in: have it read one of these variables, or give the address to its client'
      : `${client} may have another provider in its own settings`;
  return `No model call came to the gateway, so this run cannot be run again. These variables were set for the agent: ${variables.join(', ')}. ${recipe}.`;
}
