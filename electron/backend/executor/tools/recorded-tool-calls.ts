import type { WireItem, WirePart } from '../gateway/wire.ts';
import { canonicalArguments } from './tool-call.ts';
import type { RecordedToolCall } from './tool-call.ts';
import type { StoredTool } from './tool-exchange.ts';

/** A model call, as far as its tools go. */
export interface CallWithTools {
  readonly seq: number;
  readonly step: number | undefined;
  /** What it saw: results of earlier calls. */
  readonly items: readonly WireItem[];
  /** What it answered. */
  readonly parts: readonly WirePart[];
}

/**
 * The tool calls of a run with their results: asked for in an answer, given back in the next requests. What a hand reported is more
 * than what the model read, and stands in its place. A call whose result is nowhere (the last ones) is left out.
 */
export function recordedToolCalls(
  calls: readonly CallWithTools[],
  forkSeq: number | undefined,
  reported: readonly StoredTool[],
): readonly RecordedToolCall[] {
  const inOrder = calls.toSorted((a, b) => a.seq - b.seq);
  const results = new Map<string, Extract<WirePart, { type: 'tool_result' }>[]>();
  const seen = new Set<string>();
  for (const { items } of inOrder) {
    for (const part of items.flatMap(({ parts }) => parts)) {
      if (part.type !== 'tool_result' || part.id === undefined) continue;
      // A request repeats all results before it; one id may stand for several calls, each with its own result.
      const identity = `${part.id}\n${part.result}`;
      if (seen.has(identity)) continue;
      seen.add(identity);
      results.set(part.id, [...(results.get(part.id) ?? []), part]);
    }
  }
  const waiting = [...reported];
  const found: RecordedToolCall[] = [];
  for (const { seq, step, parts, items } of inOrder) {
    const asked = parts.flatMap((part) => (part.type === 'tool_call' && part.server !== true ? [part] : []));
    const unnamed = asked.every(({ id }) => id !== undefined)
      ? []
      : resultsByPlace(inOrder, seq, items.length, asked.length);
    for (const [place, part] of asked.entries()) {
      const list = part.id === undefined ? undefined : results.get(part.id);
      const result = part.id === undefined ? unnamed[place] : list && list.length > 1 ? list.shift() : list?.[0];
      const at = waiting.findIndex(
        ({ call }) =>
          call.name === part.name &&
          (call.id === undefined || call.id === part.id) &&
          canonicalArguments(call.arguments) === canonicalArguments(part.arguments ?? ''),
      );
      const [told] = at < 0 ? [] : waiting.splice(at, 1);
      if (!result && !told) continue;
      found.push({
        id: part.id,
        name: part.name,
        arguments: part.arguments ?? '',
        step,
        beforeFork: forkSeq === undefined || seq < forkSeq,
        content: told?.result.content ?? result?.result ?? '',
        isError: told?.result.isError ?? result?.isError ?? false,
        native: told?.result.native,
      });
    }
  }
  // Tools that a program calls by itself, or under another name than the model does.
  return [
    ...found,
    ...waiting.map(({ call, result, after }): RecordedToolCall => ({
      ...result,
      id: call.id,
      name: call.name,
      arguments: call.arguments,
      step: undefined,
      beforeFork: forkSeq === undefined || after < forkSeq,
    })),
  ];
}

/** Gemini's calls need no ids: results stand right after the answer that asked, in the order of the calls. */
function resultsByPlace(
  inOrder: readonly CallWithTools[],
  seq: number,
  length: number,
  count: number,
): readonly Extract<WirePart, { type: 'tool_result' }>[] {
  const next = inOrder.find(
    (call) => call.seq > seq && call.items.length > length + 1 && call.items[length]?.role === 'assistant',
  );
  return (next?.items.slice(length + 1) ?? [])
    .flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool_result' ? [part] : [])))
    .slice(0, count);
}
