import type { Secrets } from '../../base/secrets.ts';
import { sessionHeaders } from '../clients/session-headers.ts';
import { everyBaseUrlVariable } from '../clients/switch-to-gateway.ts';
import { unseenText } from '../gateway/answer-ledger.ts';
import { createCacheQuestions } from '../gateway/cache-questions.ts';
import type { GatewayProgress } from '../gateway/call/progress.ts';
import { startGateway } from '../gateway/gateway.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { chooseUpstreams } from '../gateway/upstreams.ts';
import { createModelProviders } from '../providers/model-providers.ts';
import { createToolsEndpoint } from '../tools/tools-endpoint.ts';
import type { ToolsEndpoint } from '../tools/tools-endpoint.ts';
import { liveRequestOf } from './held-call.ts';
import { newSpanId, startedSpan } from './run-spans.ts';
import type { SpanIdentity } from './run-spans.ts';
import type { SessionOptions } from './session-options.ts';
import type { SessionStore } from './session-store.ts';

export interface SessionGateway {
  readonly gateway: Gateway;
  /** Where what stands before the agent's tools asks. */
  readonly tools: ToolsEndpoint;
}

/** What to do about calls that go past it. */
const howToReach =
  'What is asked past it is neither recorded nor replayed, and is asked again in every re-run. Have that client read its address from OPENAI_BASE_URL, ANTHROPIC_BASE_URL, GOOGLE_GEMINI_BASE_URL or the variable of its own that is set for the agent.';

/** The gateway of one run: its calls and tools become the recording and the spans of the run, and whoever watches is told. Throws BadUpstream. */
export async function startSessionGateway(
  options: SessionOptions,
  run: SpanIdentity,
  { secrets, store }: { readonly secrets: Secrets; readonly store: SessionStore },
): Promise<SessionGateway> {
  const { services, take, environment } = options;
  const upstreams = chooseUpstreams(environment, await services.upstream(options.upstream), everyBaseUrlVariable());
  const calls = openCalls();
  const tools = createToolsEndpoint({
    async decide(call) {
      const decision = (await take?.desk?.decide(call)) ?? { action: 'run' };
      if (decision.action === 'result') store.tool(call, decision, 'recording', calls.lastSeq);
      return decision;
    },
    record(call, result) {
      take?.desk?.record(call, result);
      store.tool(call, result, 'live', calls.lastSeq);
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
    addressOf: (target) => providers.addressOf(target),
    upstreams,
    // A recording leaves the agent's requests as they are.
    cacheQuestions: take && services.settings().askCacheDiagnosis === true ? createCacheQuestions() : undefined,
    sessionHeaders: sessionHeaders(),
    secrets,
    tools,
    now: () => services.now(),
    plan: take?.plan,
    recordedAnswer:
      take?.recordedAnswer ?? (() => Promise.reject(new Error('This run has no recording to answer from.'))),
    recordedAuxiliary: take?.recordedAuxiliary ?? (() => Promise.resolve(undefined)),
    beforeLive: async (call) => options.beforeLive?.(liveRequestOf(call)),
    beforeServed: async (call) => options.beforeServed?.(liveRequestOf(call)),
    onUnseen(found) {
      const text = `Of call ${found.seq + 1}: ${unseenText(found.answers)} ${howToReach}`;
      options.onNote?.(text);
      store.problem(text);
      return options.onUnseen?.(found);
    },
    onProgress(progress) {
      const spanId = calls.spanIdOf(progress.seq);
      options.onProgress?.(progress, spanId);
      const start = calls.seen(progress);
      // Recorded answers are there in a moment: only what takes its time is shown while it runs.
      if (progress.kind === 'decided' && progress.served === 'live' && start)
        store.span(startedSpan(run, { ...start, call: progress.call }, spanId));
    },
    onExchange(exchange) {
      const spanId = calls.spanIdOf(exchange.seq);
      calls.ended(exchange.seq);
      options.onExchange?.(exchange, spanId);
      store.exchange(exchange, spanId);
    },
  });
  return { gateway, tools };
}

type Started = Extract<GatewayProgress, { readonly kind: 'started' }>;

/** The calls that have no end yet: each is one span from its first word to its last. */
function openCalls() {
  const spanIds = new Map<number, string>();
  const begun = new Map<number, Started>();
  let lastSeq = -1;
  return {
    /** The last model call that has begun; -1 before the first. */
    get lastSeq() {
      return lastSeq;
    },
    spanIdOf(seq: number): string {
      const known = spanIds.get(seq) ?? newSpanId();
      spanIds.set(seq, known);
      return known;
    },
    /** Takes note of a beginning, and gives that of the call. */
    seen(progress: GatewayProgress): Started | undefined {
      if (progress.kind === 'started') {
        begun.set(progress.seq, progress);
        lastSeq = Math.max(lastSeq, progress.seq);
      }
      return begun.get(progress.seq);
    },
    ended(seq: number): void {
      begun.delete(seq);
      spanIds.delete(seq);
    },
  };
}
