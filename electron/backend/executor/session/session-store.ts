import { wordsOf } from '../../../../shared/words-of.ts';
import type { Secrets } from '../../base/secrets.ts';
import type { ExecutorServices } from '../executor-services.ts';
import type { Exchange } from '../gateway/exchange.ts';
import { storedExchange } from '../recorded/stored-exchange.ts';
import type { ToolCall, ToolResult } from '../tools/tool-call.ts';
import { firstToolSeq, storeTool } from '../tools/tool-exchange.ts';
import { callSpan } from './run-spans.ts';
import type { SpanIdentity, SpanLink } from './run-spans.ts';
import { createSeenCalls } from './seen-calls.ts';
import type { SessionTake } from './session-options.ts';

/**
 * What is kept of a run while it goes on: its exchanges, tool calls and spans, one after the other in the order in which they are
 * given. What cannot be kept is a problem, in words; the run itself goes on.
 */
export interface SessionStore {
  /** The recording of a call, and the span that it is. */
  exchange(exchange: Exchange, spanId: string): void;
  /** `after`: the last model call that had begun. */
  tool(call: ToolCall, result: ToolResult, served: 'live' | 'recording', after: number): void;
  /** A span behind all that was given before. */
  span(body: Buffer): void;
  /** A span at once. Rejects when the library is not there. */
  send(body: Buffer): Promise<void>;
  readonly problem: (error: unknown) => void;
  readonly problems: readonly string[];
  /** Everything that was given is kept, or is a problem. */
  settled(): Promise<void>;
}

export interface SessionStoreOptions {
  readonly services: Pick<ExecutorServices, 'ingest' | 'putExchange' | 'now'>;
  readonly run: SpanIdentity;
  readonly secrets: Secrets;
  /** Where recorded answers come from. */
  readonly take: Pick<SessionTake, 'stepOf' | 'lineage'> | undefined;
}

export function createSessionStore({ services, run, secrets, take }: SessionStoreOptions): SessionStore {
  const problems = new Set<string>();
  let kept: Promise<void> = Promise.resolve();
  let toolCount = 0;
  const seenCall = createSeenCalls();

  function problem(error: unknown): void {
    problems.add(wordsOf(error));
  }

  function inTurn(work: () => Promise<unknown>): void {
    kept = kept.then(work).then(() => undefined, problem);
  }

  async function send(body: Buffer): Promise<void> {
    const { rejected, message } = await services.ingest({ signal: 'traces', encoding: 'json', body });
    if (rejected > 0) problems.add(message ?? 'A span was not taken by the library.');
  }

  async function keep(exchange: Exchange, spanId: string): Promise<void> {
    const { match } = exchange;
    const parent = match && take?.stepOf(match.seq);
    await services.putExchange(run.traceId, storedExchange(exchange, spanId, parent?.step));
    const link: SpanLink | undefined =
      take && parent?.stepId !== undefined && match
        ? {
            traceId: take.lineage.parentRunId,
            spanId: parent.stepId,
            attributes: { 'retake.link.type': 'replay_of', 'retake.match.level': match.level },
          }
        : undefined;
    const body = callSpan(run, seenCall(exchange), spanId, link, parent?.step);
    if (body) await send(body);
  }

  return {
    exchange: (exchange, spanId) => inTurn(() => keep(exchange, spanId)),
    tool(call, result, served, after) {
      const place = {
        seq: firstToolSeq + toolCount++,
        atUs: Number(services.now() / 1_000n),
        served,
        clean: (bytes: Buffer) => secrets.clean(bytes),
      };
      inTurn(() => services.putExchange(run.traceId, storeTool({ call, result, after }, place)));
    },
    span: (body) => inTurn(() => send(body)),
    send,
    problem,
    get problems() {
      return [...problems];
    },
    settled: () => kept,
  };
}
