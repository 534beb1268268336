import type { StdioOptions } from 'node:child_process';
import { basename } from 'node:path';
import { z } from 'zod';
import { switchToGateway } from './client-switches.ts';
import type { ExecutorServices } from './executor-services.ts';
import type { Exchange } from './gateway/exchange.ts';
import { startGateway } from './gateway/gateway.ts';
import type { ReceivedAnswer, RecordedAnswer } from './gateway/handle-call.ts';
import type { ReplayPlan } from './gateway/replay-plan.ts';
import { createSecrets } from './gateway/secrets.ts';
import { chooseUpstreams } from './gateway/upstreams.ts';
import { gitState } from './launch-record.ts';
import type { LaunchRecord } from './launch-record.ts';
import { launch } from './process-group.ts';
import { callSpan, newSpanId, newTraceId, rootSpan } from './run-spans.ts';
import type { SpanIdentity, SpanLink } from './run-spans.ts';

export interface Command {
  /** Program and arguments, as the user typed them. Never from a trace. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdio: StdioOptions;
}

export interface SessionOptions extends Command {
  readonly services: ExecutorServices;
  readonly name: string | undefined;
  /** Answers live calls in place of the providers' own hosts. */
  readonly upstream: string | undefined;
  /** Ends the run with all of its processes. */
  readonly signal: AbortSignal;
  readonly take: SessionTake | undefined;
  /** The run has its id, and the command is about to start. */
  readonly onStart?: (runId: string) => void;
  readonly onExchange?: (exchange: Exchange) => void;
}

/** What makes a session a take: where its answers come from, and where it comes from itself. */
export interface SessionTake {
  readonly plan: ReplayPlan;
  readonly recordedAnswer: (seq: number) => Promise<RecordedAnswer>;
  readonly recordedAuxiliary: (method: string, path: string) => Promise<ReceivedAnswer | undefined>;
  readonly mayGoLive: () => string | undefined;
  readonly lineage: NonNullable<LaunchRecord['take']>;
  /** The parent's span for a recorded call. */
  readonly spanOf: (seq: number) => string | undefined;
}

export interface SessionOutcome {
  readonly runId: string;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stopped: boolean;
  /** Requests that reached the gateway; 0 means that the agent does not use it. */
  readonly requests: number;
  /** What could not be kept, in words; the run itself went on. */
  readonly problems: readonly string[];
}

/** Kept with each exchange, for the next take and for the reader. */
export const exchangeDetailSchema = z.object({
  family: z.string().optional(), stream: z.boolean(), delivered: z.boolean(),
  match: z.object({ seq: z.number(), level: z.string(), ignored: z.array(z.string()) }).optional(),
  isFork: z.boolean().optional(), pinned: z.boolean().optional(), note: z.string().optional(),
  /** Whom a live call went to: what prices are looked up by. */
  serverAddress: z.string().optional(),
});

/**
 * Runs the user's command behind a gateway of its own, from start to the end of its last process. Its model calls become
 * the recording and the spans of a run; a run's id is its trace id.
 */
export async function runSession(options: SessionOptions): Promise<SessionOutcome> {
  const { services, take, environment, command } = options;
  const traceId = newTraceId();
  const name = options.name ?? nameOf(command);
  const secrets = createSecrets(environment);
  const upstreams = chooseUpstreams(environment, options.upstream);
  const identity: SpanIdentity = { traceId, rootSpanId: newSpanId(), resource: resourceOf(traceId, name, take) };
  const problems = new Set<string>();
  let kept: Promise<void> = Promise.resolve();

  const gateway = await startGateway({
    upstreams, secrets, now: () => services.now(), plan: take?.plan,
    recordedAnswer: take?.recordedAnswer ?? (() => Promise.reject(new Error('This run has no recording to answer from.'))),
    recordedAuxiliary: take?.recordedAuxiliary ?? (() => Promise.resolve(undefined)),
    mayGoLive: take?.mayGoLive ?? (() => undefined),
    onExchange(exchange) {
      options.onExchange?.(exchange);
      kept = kept.then(() => keep(exchange)).catch((error: unknown) => void problems.add(wordsOf(error)));
    },
  });

  async function keep(exchange: Exchange): Promise<void> {
    const spanId = newSpanId();
    await services.putExchange(traceId, storedExchange(exchange, spanId));
    const parentSpan = exchange.match && take?.spanOf(exchange.match.seq);
    const link: SpanLink | undefined = take && parentSpan !== undefined && exchange.match
      ? { traceId: take.lineage.parentRunId, spanId: parentSpan, attributes: { 'retake.link.type': 'replay_of', 'retake.match.level': exchange.match.level } } : undefined;
    const body = callSpan(identity, exchange, spanId, link);
    if (body) await services.ingest({ signal: 'traces', encoding: 'json', body });
  }

  try {
    const switched = switchToGateway(command, gateway.url, environment);
    const changed = { ...switched.environment, ...contextOf(identity, environment, services.otlpEndpoint(), take !== undefined) };
    const git = await gitState(options.cwd);
    const record: LaunchRecord = {
      version: 1, name, command: command.map((part) => secrets.cleanText(part)), cwd: options.cwd, changedVariables: Object.keys(changed), executor: 'replay',
      ...(git === undefined ? {} : { git }), ...(switched.client === undefined ? {} : { client: switched.client }), ...(take ? { take: take.lineage } : {}),
    };
    await services.putRecording(traceId, JSON.stringify(record));
    options.onStart?.(traceId);
    const startNs = services.now();
    const group = await launch({ command: switched.command, cwd: options.cwd, environment: { ...environment, ...changed }, stdio: options.stdio });
    const stop = (): void => group.stop(options.signal.reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
    if (options.signal.aborted) stop();
    options.signal.addEventListener('abort', stop);
    const { exitCode, signal } = await group.ended;
    options.signal.removeEventListener('abort', stop);
    await gateway.close();
    await kept;
    const stopped = options.signal.aborted;
    const error = stopped ? 'Stopped by the user.' : signal !== undefined ? `Ended by ${signal}.` : exitCode === 0 ? undefined : `Ended with exit code ${exitCode}.`;
    const forkLink = take?.lineage.forkSpanId;
    await services.ingest({ signal: 'traces', encoding: 'json', body: rootSpan(identity, {
      name, startNs, endNs: services.now(), error,
      link: take && forkLink !== undefined ? { traceId: take.lineage.parentRunId, spanId: forkLink, attributes: { 'retake.link.type': 'fork' } } : undefined,
      attributes: exitCode === undefined ? {} : { 'process.exit.code': exitCode },
    }) }).then(() => services.finishRun(traceId)).catch((failure: unknown) => void problems.add(wordsOf(failure)));
    return { runId: traceId, exitCode, signal, stopped, requests: gateway.requests, problems: [...problems] };
  } finally {
    await gateway.close();
  }
}

/** Programs that run another one: the script says more. */
const interpreters = /^(?:node|nodejs|bun|deno|tsx|python[\d.]*|uv|npx|npm|pnpm|ruby|bash|sh)$/;

function nameOf([program, ...rest]: readonly string[]): string {
  const name = basename(program ?? '').replace(/\.exe$/i, '');
  const script = interpreters.test(name) ? rest.find((word) => !word.startsWith('-') && word !== 'run' && word !== 'exec') : undefined;
  return script === undefined ? name : basename(script);
}

function storedExchange(exchange: Exchange, spanId: string): Parameters<ExecutorServices['putExchange']>[1] {
  const { match, note } = exchange;
  const detail: z.infer<typeof exchangeDetailSchema> = {
    stream: exchange.call?.stream ?? false, delivered: exchange.delivered, ...(exchange.family === undefined ? {} : { family: exchange.family }),
    ...(match ? { match: { seq: match.seq, level: match.level, ignored: [...match.ignored] } } : {}),
    ...(exchange.isFork ? { isFork: true } : {}), ...(exchange.pinned ? { pinned: true } : {}), ...(note === undefined ? {} : { note }),
    ...(exchange.serverAddress === undefined ? {} : { serverAddress: exchange.serverAddress }),
  };
  return {
    seq: exchange.seq, method: exchange.method, path: exchange.path, status: exchange.status, contentType: exchange.contentType,
    spanId: exchange.call ? spanId : undefined, startedUs: Number(exchange.startNs / 1_000n), durationUs: Number((exchange.endNs - exchange.startNs) / 1_000n),
    served: exchange.served, detail: JSON.stringify(detail), request: exchange.request, outgoing: exchange.outgoing, response: exchange.response,
  };
}

function resourceOf(traceId: string, name: string, take: SessionTake | undefined): Readonly<Record<string, string | number>> {
  const lineage = take?.lineage;
  return {
    'service.name': name, 'retake.run.id': traceId, 'retake.run.kind': lineage ? 'rerun' : 'record', 'retake.executor': 'replay',
    ...(lineage ? {
      'retake.parent.run_id': lineage.parentRunId, 'retake.parent.trace_id': lineage.parentRunId, 'retake.root.run_id': lineage.rootRunId,
      'retake.fork.step': lineage.forkStep, 'retake.fork.side': lineage.edits.some(({ op }) => op === 'response') ? 'after' : 'before',
      ...(lineage.forkSpanId === undefined ? {} : { 'retake.fork.span_id': lineage.forkSpanId }),
      ...(lineage.edits.length === 0 ? {} : { 'retake.edits': JSON.stringify(lineage.edits) }),
    } : {}),
  };
}

/** Puts the agent's own spans into this run, and lets it know that it is one (OTel env carriers; rerun.md 3.8). */
function contextOf(identity: SpanIdentity, environment: Command['environment'], otlpEndpoint: string | undefined, isRerun: boolean): Readonly<Record<string, string>> {
  // Names of services stay the agent's own.
  const ours = Object.entries(identity.resource).filter(([key]) => key.startsWith('retake.') && key !== 'retake.edits').map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  const given = environment['OTEL_RESOURCE_ATTRIBUTES'];
  const proxied = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].some((name) => environment[name]);
  const direct = [environment['NO_PROXY'] ?? environment['no_proxy'], '127.0.0.1', 'localhost'].filter(Boolean).join(',');
  const sendsElsewhere = Object.keys(environment).some((name) => /^OTEL_EXPORTER_OTLP_(?:(?:TRACES|LOGS|METRICS)_)?ENDPOINT$/.test(name));
  return {
    TRACEPARENT: `00-${identity.traceId}-${identity.rootSpanId}-01`,
    OTEL_RESOURCE_ATTRIBUTES: [...(given ? [given] : []), ...ours].join(','),
    RETAKE_RUN_ID: identity.traceId,
    ...(isRerun ? { RETAKE_IS_RERUN: '1' } : {}),
    ...(otlpEndpoint === undefined || sendsElsewhere ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }),
    ...(proxied ? { NO_PROXY: direct, no_proxy: direct } : {}),
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
