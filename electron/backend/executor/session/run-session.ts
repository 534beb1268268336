import type { ChildProcess, StdioOptions } from 'node:child_process';
import { basename } from 'node:path';
import type { StepListItem } from '../../../../shared/contract.ts';
import type { ExecutorKind } from '../../../../shared/model/take.ts';
import { nanos } from '../../../../shared/model/units.ts';
import { wordsOf } from '../../../../shared/words-of.ts';
import { createSecrets } from '../../base/secrets.ts';
import type { ClientHands } from '../clients/client.ts';
import { recogniseClient } from '../clients/recognise.ts';
import { sessionHeaders } from '../clients/session-headers.ts';
import { everyBaseUrlVariable, switchToGateway } from '../clients/switch-to-gateway.ts';
import type { ExecutorServices } from '../executor-services.ts';
import type { TakeSession } from '../executor.ts';
import type { GatewayProgress } from '../gateway/call/progress.ts';
import type { ReceivedAnswer, RecordedAnswer } from '../gateway/call/replies.ts';
import type { Exchange } from '../gateway/exchange.ts';
import { startGateway } from '../gateway/gateway.ts';
import type { ReplayPlan } from '../gateway/replay-plan.ts';
import { chooseUpstreams } from '../gateway/upstreams.ts';
import { launch } from '../process/process-group.ts';
import { createModelProviders } from '../providers/model-providers.ts';
import { gitState } from '../recorded/launch-record.ts';
import type { LaunchRecord } from '../recorded/launch-record.ts';
import { storedExchange } from '../recorded/stored-exchange.ts';
import type { ToolCall, ToolResult } from '../tools/tool-call.ts';
import type { ToolDesk } from '../tools/tool-desk.ts';
import { firstToolSeq, storeTool } from '../tools/tool-exchange.ts';
import { createToolsEndpoint } from '../tools/tools-endpoint.ts';
import { prefixSpans, recordedStepNs } from './prefix-spans.ts';
import { resourceOf } from './run-resource.ts';
import { callSpan, newSpanId, newTraceId, rootSpan, startedSpan } from './run-spans.ts';
import type { SpanIdentity, SpanLink } from './run-spans.ts';

export interface Command {
  /** Program and arguments, as the user typed them. Never from a trace. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `inherit`: the terminal is the command's; otherwise its lines, and it reads nothing. */
  readonly output: TakeSession['output'];
}

export interface SessionOptions extends Command {
  readonly services: ExecutorServices;
  readonly name: string | undefined;
  /** Answers live calls in place of the providers' own hosts. */
  readonly upstream: string | undefined;
  /** Answers calls that an edit gives to another provider, where the user gave an address for this take. */
  readonly providerUpstream?: string | undefined;
  /** Ends the run with all of its processes. */
  readonly signal: AbortSignal;
  readonly take: SessionTake | undefined;
  /** replay where it is left out. */
  readonly executor?: ExecutorKind;
  /** Before the command starts: variables that only the new run's ids tell. */
  readonly variablesFor?: (run: SpanIdentity) => Promise<Readonly<Record<string, string>>>;
  /** Steps that the take begins with and that nobody asks for again: one span each, the run begins with them. */
  readonly prefix?: readonly StepListItem[];
  /** The run has its id, and the command is about to start. */
  readonly onStart?: (runId: string) => void;
  readonly beforeLive?: TakeSession['beforeLive'];
  /** What happens to a call until it ends; `spanId` is its step's. */
  readonly onProgress?: (progress: GatewayProgress, spanId: string) => void;
  readonly onExchange?: (exchange: Exchange, spanId: string) => void;
  readonly onNote?: (text: string) => void;
}

/** What makes a session a take: where its answers come from, and where it comes from itself. */
export interface SessionTake {
  readonly plan: ReplayPlan;
  readonly recordedAnswer: (seq: number) => Promise<RecordedAnswer>;
  readonly recordedAuxiliary: (method: string, path: string) => Promise<ReceivedAnswer | undefined>;
  readonly lineage: NonNullable<LaunchRecord['take']>;
  /** Decides about the agent's tools, where something stands before them. */
  readonly desk?: Pick<ToolDesk, 'decide' | 'record'> | undefined;
  /** The parent's step for a recorded call, and the span that it is. */
  readonly stepOf: (
    seq: number,
  ) => { readonly step: number | undefined; readonly stepId: string | undefined } | undefined;
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

/**
 * Runs the user's command behind a gateway of its own, from start to the end of its last process. Its model calls become
 * the recording and the spans of a run; a run's id is its trace id.
 */
export async function runSession(options: SessionOptions): Promise<SessionOutcome> {
  const { services, take, environment, command } = options;
  const traceId = newTraceId();
  const name = options.name ?? nameOf(command);
  const secrets = createSecrets(environment);
  const upstreams = chooseUpstreams(environment, await services.upstream(options.upstream), everyBaseUrlVariable());
  const identity: SpanIdentity = {
    traceId,
    rootSpanId: newSpanId(),
    resource: resourceOf(traceId, name, take, options.executor ?? 'replay'),
  };
  const problems = new Set<string>();
  let kept: Promise<void> = Promise.resolve();
  const spanIds = new Map<number, string>();
  const begun = new Map<number, Extract<GatewayProgress, { kind: 'started' }>>();
  let unused: NodeJS.Timeout | undefined;
  let alive: NodeJS.Timeout | undefined;

  let lastSeq = -1;
  let toolCount = 0;

  function keepTool(call: ToolCall, result: ToolResult, served: 'live' | 'recording'): void {
    const place = {
      seq: firstToolSeq + toolCount++,
      atUs: Number(services.now() / 1_000n),
      served,
      clean: (bytes: Buffer) => secrets.clean(bytes),
    };
    store(() => services.putExchange(traceId, storeTool({ call, result, after: lastSeq }, place)));
  }

  const tools = createToolsEndpoint({
    async decide(call) {
      const decision = (await take?.desk?.decide(call)) ?? { action: 'run' };
      if (decision.action === 'result') keepTool(call, decision, 'recording');
      return decision;
    },
    record(call, result) {
      take?.desk?.record(call, result);
      keepTool(call, result, 'live');
    },
  });

  const providers = createModelProviders({
    providers: services.settings().providers,
    environment,
    keys: services.keys,
    upstream: await services.upstream(options.providerUpstream),
  });
  const gateway = await startGateway({
    askProvider: ({ body, format, ...request }) =>
      providers.ask({ ...request, customTools: format.tools.plainTextNames(body) }),
    upstreams,
    sessionHeaders: sessionHeaders(),
    secrets,
    tools,
    now: () => services.now(),
    plan: take?.plan,
    recordedAnswer:
      take?.recordedAnswer ?? (() => Promise.reject(new Error('This run has no recording to answer from.'))),
    recordedAuxiliary: take?.recordedAuxiliary ?? (() => Promise.resolve(undefined)),
    beforeLive: options.beforeLive ?? (() => Promise.resolve(undefined)),
    onProgress(progress) {
      const spanId = spanIdOf(progress.seq);
      options.onProgress?.(progress, spanId);
      if (progress.kind === 'started') {
        begun.set(progress.seq, progress);
        lastSeq = Math.max(lastSeq, progress.seq);
      }
      const start = begun.get(progress.seq);
      // Recorded answers are there in a moment: only what takes its time is shown while it runs.
      if (progress.kind === 'decided' && progress.served === 'live' && start)
        store(() => send(startedSpan(identity, { ...start, call: progress.call }, spanId)));
    },
    onExchange(exchange) {
      const spanId = spanIdOf(exchange.seq);
      begun.delete(exchange.seq);
      spanIds.delete(exchange.seq);
      options.onExchange?.(exchange, spanId);
      store(() => keep(exchange, spanId));
    },
  });

  function spanIdOf(seq: number): string {
    const known = spanIds.get(seq) ?? newSpanId();
    spanIds.set(seq, known);
    return known;
  }

  function store(work: () => Promise<unknown>): void {
    kept = kept.then(work).then(
      () => undefined,
      (error: unknown) => void problems.add(wordsOf(error)),
    );
  }

  async function send(body: Buffer): Promise<void> {
    const { rejected, message } = await services.ingest({ signal: 'traces', encoding: 'json', body });
    if (rejected > 0) problems.add(message ?? 'A span was not taken by the library.');
  }

  async function keep(exchange: Exchange, spanId: string): Promise<void> {
    const parent = exchange.match && take?.stepOf(exchange.match.seq);
    await services.putExchange(traceId, storedExchange(exchange, spanId, parent?.step));
    const link: SpanLink | undefined =
      take && parent?.stepId !== undefined && exchange.match
        ? {
            traceId: take.lineage.parentRunId,
            spanId: parent.stepId,
            attributes: { 'retake.link.type': 'replay_of', 'retake.match.level': exchange.match.level },
          }
        : undefined;
    const body = callSpan(identity, exchange, spanId, link, parent?.step);
    if (body) await send(body);
  }

  let hands: ClientHands | undefined;
  try {
    const recognised = recogniseClient(command);
    if (take?.desk)
      hands = await recognised.client?.start?.hands?.({
        arguments: recognised.arguments,
        cwd: options.cwd,
        environment,
      });
    for (const note of hands?.notes ?? []) options.onNote?.(note);
    const switched = switchToGateway(command, gateway.url, environment, hands);
    const changed = {
      ...switched.environment,
      RETAKE_TOOLS_URL: `${gateway.url}/tools`,
      ...contextOf(identity, environment, services.otlpEndpoint(), take !== undefined),
      ...(await options.variablesFor?.(identity)),
    };
    const git = await gitState(options.cwd);
    const record: LaunchRecord = {
      version: 1,
      name,
      command: command.map((part) => secrets.cleanText(part)),
      cwd: options.cwd,
      changedVariables: Object.keys(changed),
      executor: options.executor ?? 'replay',
      ...(git === undefined ? {} : { git }),
      ...(options.upstream === undefined ? {} : { upstream: secrets.cleanText(options.upstream) }),
      ...(switched.client === undefined ? {} : { client: switched.client }),
      ...(take ? { take: take.lineage } : {}),
    };
    await services.putRecording(traceId, JSON.stringify(record));
    const prefix = options.prefix ?? [];
    const startNs = nanos(services.now() - BigInt(prefix.length) * recordedStepNs);
    const forkLink = take?.lineage.forkSpanId;
    const root = {
      name,
      startNs,
      attributes: {},
      link:
        take && forkLink !== undefined
          ? { traceId: take.lineage.parentRunId, spanId: forkLink, attributes: { 'retake.link.type': 'fork' } }
          : undefined,
    };
    const group = await launch({
      command: switched.command,
      cwd: options.cwd,
      environment: { ...environment, ...changed },
      stdio: stdioOf(options.output),
    });
    if (typeof options.output === 'function') passLines(group.child, options.output);
    // From here on it is in the library, as a run that goes on: windows can open it.
    await send(rootSpan(identity, { ...root, endNs: undefined, error: undefined })).catch(
      (error: unknown) => void problems.add(wordsOf(error)),
    );
    for (const span of prefixSpans(identity, take?.lineage.parentRunId ?? traceId, prefix, startNs))
      await send(secrets.clean(span)).catch((error: unknown) => void problems.add(wordsOf(error)));
    options.onStart?.(traceId);
    // A call that waits for a person, or a long tool, sends nothing: the run must not be taken for ended.
    alive = setInterval(() => void services.keepRunning(traceId).catch(() => undefined), aliveEveryMs);
    unused = setTimeout(() => {
      if (gateway.requests === 0)
        options.onNote?.(unusedText(Object.keys(switched.environment), switched.client, false));
    }, unusedAfterMs);
    const stop = (): void => group.stop(options.signal.reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
    if (options.signal.aborted) stop();
    options.signal.addEventListener('abort', stop);
    const { exitCode, signal } = await group.ended;
    options.signal.removeEventListener('abort', stop);
    clearTimeout(unused);
    clearInterval(alive);
    await gateway.close();
    await kept;
    const seen = tools.seen();
    // Which tools are really stood before is known only now: the next take's plan says it.
    if (seen.length > 0)
      await services.putRecording(
        traceId,
        JSON.stringify({
          ...record,
          tools: seen.map(({ name: tool, hands }) => ({ name: tool, hands: [...hands] })),
        } satisfies LaunchRecord),
      );
    if (gateway.requests === 0) options.onNote?.(unusedText(Object.keys(switched.environment), switched.client, true));
    const stopped = options.signal.aborted;
    const error = stopped
      ? 'Stopped by the user.'
      : signal !== undefined
        ? `Ended by ${signal}.`
        : exitCode === 0
          ? undefined
          : `Ended with exit code ${exitCode}.`;
    await send(
      rootSpan(identity, {
        ...root,
        endNs: services.now(),
        error,
        attributes: exitCode === undefined ? {} : { 'process.exit.code': exitCode },
      }),
    )
      .then(() => services.finishRun(traceId))
      .catch((failure: unknown) => void problems.add(wordsOf(failure)));
    return { runId: traceId, exitCode, signal, stopped, requests: gateway.requests, problems: [...problems] };
  } finally {
    clearTimeout(unused);
    clearInterval(alive);
    await hands?.dispose();
    await gateway.close();
  }
}

/** Well within the time after which a silent run is over (30 s). */
const aliveEveryMs = 5_000;

/** An agent that asks its model has done so by then (rerun.md 4.5). */
const unusedAfterMs = 15_000;

function unusedText(variables: readonly string[], client: string | undefined, ended: boolean): string {
  const recipe =
    client === undefined
      ? 'The agent may have the address of its provider built in: have it read one of these variables, or give the address to its client'
      : `${client} may have another provider in its own settings`;
  return `No model call ${ended ? 'came' : 'has come'} to the gateway${ended ? ', so this run cannot be run again' : ' so far'}. These variables were set for the agent: ${variables.join(', ')}. ${recipe}.`;
}

function stdioOf(output: TakeSession['output']): StdioOptions {
  if (output === 'inherit') return 'inherit';
  return output === 'inherit-stderr' ? ['inherit', process.stderr, 'inherit'] : ['ignore', 'pipe', 'pipe'];
}

const maximumLine = 10_000;

/** Line by line; what is too long for a line comes in pieces. */
function passLines(
  { stdout, stderr }: ChildProcess,
  take: Extract<TakeSession['output'], (...parameters: never) => void>,
): void {
  for (const [stream, source] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const) {
    let rest = '';
    source?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(stream, line);
      for (; rest.length > maximumLine; rest = rest.slice(maximumLine)) take(stream, rest.slice(0, maximumLine));
    });
    source?.on('end', () => {
      if (rest !== '') take(stream, rest);
    });
  }
}

/** Programs that run another one: the script says more. */
const interpreters = /^(?:node|nodejs|bun|deno|tsx|python[\d.]*|uv|npx|npm|pnpm|ruby|bash|sh)$/;

function nameOf([program, ...rest]: readonly string[]): string {
  const name = basename(program ?? '').replace(/\.exe$/i, '');
  const script = interpreters.test(name)
    ? rest.find((word) => !word.startsWith('-') && word !== 'run' && word !== 'exec')
    : undefined;
  return script === undefined ? name : basename(script);
}

/** Puts the agent's own spans into this run, and lets it know that it is one (OTel env carriers; rerun.md 3.8). */
function contextOf(
  identity: SpanIdentity,
  environment: Command['environment'],
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
