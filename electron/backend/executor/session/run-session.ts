import { nameOf } from '../../../../shared/model/run-name.ts';
import { nanos } from '../../../../shared/model/units.ts';
import { createSecrets } from '../../base/secrets.ts';
import type { Secrets } from '../../base/secrets.ts';
import type { ClientHands } from '../clients/client.ts';
import { recogniseClient } from '../clients/recognise.ts';
import { switchToGateway } from '../clients/switch-to-gateway.ts';
import type { Switched } from '../clients/switch-to-gateway.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { launch } from '../process/process-group.ts';
import type { ProcessGroup } from '../process/process-group.ts';
import { callsPastGateway, pastGatewayText } from '../recorded/calls-past-gateway.ts';
import { gitState } from '../recorded/launch-record.ts';
import type { LaunchRecord } from '../recorded/launch-record.ts';
import { allSteps } from '../recorded/recorded-calls.ts';
import type { ToolsEndpoint } from '../tools/tools-endpoint.ts';
import { contextOf, unusedText, waitingText } from './agent-environment.ts';
import { passLines, stdioOf } from './command-output.ts';
import { prefixSpans, recordedStepNs } from './prefix-spans.ts';
import { resourceOf } from './run-resource.ts';
import { newSpanId, newTraceId, rootSpan } from './run-spans.ts';
import type { RootSpan, SpanIdentity } from './run-spans.ts';
import { startSessionGateway } from './session-gateway.ts';
import type { SessionOptions, SessionOutcome } from './session-options.ts';
import { createSessionStore } from './session-store.ts';
import type { SessionStore } from './session-store.ts';

/**
 * Runs the user's command behind a gateway of its own, from start to the end of its last process. Its model calls become
 * the recording and the spans of a run; a run's id is its trace id.
 */
export async function runSession(options: SessionOptions): Promise<SessionOutcome> {
  const { services, take, environment, command } = options;
  const traceId = newTraceId();
  const name = options.name ?? nameOf(command);
  const secrets = createSecrets(environment);
  const run: SpanIdentity = {
    traceId,
    rootSpanId: newSpanId(),
    resource: resourceOf(traceId, name, take, options.executor ?? 'replay'),
  };
  const store = createSessionStore({ services, run, secrets, take });
  const { gateway, tools } = await startSessionGateway(options, run, { secrets, store });
  let hands: ClientHands | undefined;
  try {
    hands = await handsFor(options);
    for (const note of hands?.notes ?? []) options.onNote?.(note);
    const switched = switchToGateway(command, gateway.url, environment, hands);
    const changed = {
      ...switched.environment,
      RETAKE_TOOLS_URL: `${gateway.url}/tools`,
      ...contextOf(run, environment, services.otlpEndpoint(), take !== undefined),
      ...(await options.variablesFor?.(run)),
    };
    const record = await launchRecordOf(options, name, Object.keys(changed), switched, secrets);
    await services.putRecording(traceId, JSON.stringify(record));
    const root = rootOf(options, name);
    const group = await launch({
      command: switched.command,
      cwd: options.cwd,
      environment: { ...environment, ...changed },
      stdio: stdioOf(options.output),
    });
    if (typeof options.output === 'function') passLines(group.child, options.output);
    await begin(options, run, root, { store, secrets });
    const { exitCode, signal } = await untilEnded(options, traceId, group, gateway);
    // Before the gateway waits for its calls: nobody answers one that is held for a process that is gone.
    options.onAgentEnd?.();
    await gateway.close();
    await store.settled();
    await keepSeenTools(options, traceId, record, tools);
    if (gateway.requests === 0) options.onNote?.(unusedText(Object.keys(switched.environment), switched.client));
    const stopped = options.signal.aborted;
    await store
      .send(
        rootSpan(run, {
          ...root,
          endNs: services.now(),
          error: errorOf(stopped, signal, exitCode),
          attributes: {
            ...(exitCode === undefined ? {} : { 'process.exit.code': exitCode }),
            ...(stopped ? { 'retake.ended': 'stopped' } : {}),
          },
        }),
      )
      .then(() => services.finishRun(traceId))
      .then(() => callsPastGateway(services, traceId, () => allSteps(services, traceId)))
      .then((calls) => {
        if (calls.length === 0) return;
        const text = pastGatewayText(calls);
        options.onNote?.(text);
        store.problem(text);
      })
      .catch(store.problem);
    return { runId: traceId, exitCode, signal, stopped, requests: gateway.requests, problems: store.problems };
  } finally {
    await hands?.dispose();
    await gateway.close();
  }
}

/** What stands before the client's tools in a take, where the client has a place for it. */
async function handsFor({ take, command, cwd, environment }: SessionOptions): Promise<ClientHands | undefined> {
  if (!take?.desk) return undefined;
  const { client, arguments: given } = recogniseClient(command);
  return client?.start?.hands?.({ arguments: given, cwd, environment });
}

async function launchRecordOf(
  options: SessionOptions,
  name: string,
  changedVariables: readonly string[],
  { client }: Switched,
  secrets: Secrets,
): Promise<LaunchRecord> {
  const git = await gitState(options.cwd);
  return {
    version: 1,
    name,
    command: options.command.map((part) => secrets.cleanText(part)),
    cwd: options.cwd,
    changedVariables: [...changedVariables],
    executor: options.executor ?? 'replay',
    ...(git === undefined ? {} : { git }),
    ...(options.upstream === undefined ? {} : { upstream: secrets.cleanText(options.upstream) }),
    ...(client === undefined ? {} : { client }),
    ...(options.take ? { take: options.take.lineage } : {}),
  };
}

/** The command's own span while it runs. The steps that the run begins with stand before now. */
function rootOf({ services, take, prefix = [] }: SessionOptions, name: string): RootSpan {
  const forkLink = take?.lineage.forkSpanId;
  return {
    name,
    startNs: nanos(services.now() - BigInt(prefix.length) * recordedStepNs),
    endNs: undefined,
    error: undefined,
    attributes: {},
    link:
      take && forkLink !== undefined
        ? { traceId: take.lineage.parentRunId, spanId: forkLink, attributes: { 'retake.link.type': 'fork' } }
        : undefined,
  };
}

/** From here on it is in the library, as a run that goes on: windows can open it. */
async function begin(
  { take, prefix = [], onStart }: SessionOptions,
  run: SpanIdentity,
  root: RootSpan,
  { store, secrets }: { readonly store: SessionStore; readonly secrets: Secrets },
): Promise<void> {
  await store.send(rootSpan(run, root)).catch(store.problem);
  for (const span of prefixSpans(run, take?.lineage.parentRunId ?? run.traceId, prefix, root.startNs))
    await store.send(secrets.clean(span)).catch(store.problem);
  onStart?.(run.traceId);
}

/** Well within the time after which a silent run is over (30 s). */
const aliveEveryMs = 5_000;

/** After which it is said that the agent is being waited for. */
const waitingAfterMs = 15_000;

/** Waits for the last process; a stop ends them all. */
async function untilEnded(
  { services, signal: stopped, onNote }: SessionOptions,
  runId: string,
  group: ProcessGroup,
  gateway: Gateway,
): Promise<Awaited<ProcessGroup['ended']>> {
  // A call that waits for a person, or a long tool, sends nothing: the run must not be taken for ended.
  const alive = setInterval(() => void services.keepRunning(runId).catch(() => undefined), aliveEveryMs);
  const waiting = setTimeout(() => {
    if (gateway.requests === 0) onNote?.(waitingText);
  }, waitingAfterMs);
  const stop = (): void => group.stop(stopped.reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
  if (stopped.aborted) stop();
  stopped.addEventListener('abort', stop);
  try {
    return await group.ended;
  } finally {
    stopped.removeEventListener('abort', stop);
    clearTimeout(waiting);
    clearInterval(alive);
  }
}

/** Which tools are really stood before is known only at the end: the next take's plan says it. */
async function keepSeenTools(
  { services }: SessionOptions,
  runId: string,
  record: LaunchRecord,
  tools: ToolsEndpoint,
): Promise<void> {
  const seen = tools.seen();
  if (seen.length === 0) return;
  await services.putRecording(
    runId,
    JSON.stringify({
      ...record,
      tools: seen.map(({ name, hands }) => ({ name, hands: [...hands] })),
    } satisfies LaunchRecord),
  );
}

/** How the command ended, in words; undefined when it ended well. */
function errorOf(stopped: boolean, signal: string | undefined, exitCode: number | undefined): string | undefined {
  if (stopped) return 'Stopped by the user.';
  if (signal !== undefined) return `Ended by ${signal}.`;
  return exitCode === 0 ? undefined : `Ended with exit code ${exitCode}.`;
}
