import type { Edit } from '../../../../shared/model/edit.ts';
import { placeOfResult } from '../../../../shared/model/result-name.ts';
import { rootCursor, sourceOf } from '../../base/json-cursor.ts';
import type { JsonCursor } from '../../base/json-cursor.ts';
import type { ForkContext } from './fork-context.ts';
import { isInside } from './request-elements.ts';
import type { WireFormat } from './wire.ts';

/** Shorter texts stand in others by chance. */
export const shortestQuote = 16;

/** A result that was edited, with what it says last. */
export interface EditedResult {
  readonly edit: Extract<Edit, { op: 'tool_result' }>;
  /** Places of the take's own edits of it. */
  readonly edits: readonly number[];
  /** Undefined where the format gives results no ids. */
  readonly callId: string | undefined;
  /** Element of the agent's request at the fork that holds it, -1 where none does, and which of that element's results it is. */
  readonly place: number;
  readonly offset: number;
  /** What it said, where that is one text. */
  readonly quote: string | undefined;
}

export function editedResults({ format, fork, own, inherited, live }: ForkContext): readonly EditedResult[] {
  const found = format.results(rootCursor(fork.live));
  const byResult = new Map<number | string, Pick<EditedResult, 'edit' | 'edits'>>();
  for (const { edit, at } of [
    ...inherited.map((edit) => ({ edit, at: undefined })),
    ...own.map((edit, at) => ({ edit, at })),
  ]) {
    if (edit.op !== 'tool_result') continue;
    const key = placeOfResult(found, edit.callId) ?? edit.callId;
    byResult.set(key, { edit, edits: [...(byResult.get(key)?.edits ?? []), ...(at === undefined ? [] : [at])] });
  }
  return [...byResult].map(([key, { edit, edits }]) => {
    const result = typeof key === 'number' ? found[key] : undefined;
    const place = result ? live.findIndex(({ cursor }) => isInside(cursor, result.holder)) : -1;
    const within = found.filter(({ holder }) => isInside(live[place]?.cursor, holder));
    return {
      edit,
      edits,
      callId: result ? result.callId : edit.callId,
      place,
      offset: result ? within.indexOf(result) : -1,
      quote: result && plainText(format, sourceOf(result.value)),
    };
  });
}

/** Where edited results stand in what went out. */
export function placesOfResults(
  { format, fork }: ForkContext,
  results: readonly EditedResult[],
): readonly JsonCursor[] {
  const found = format.results(rootCursor(fork.outgoing));
  return results.flatMap(({ edit }) => found[placeOfResult(found, edit.callId) ?? -1]?.value ?? []);
}

function plainText(format: WireFormat, source: string): string | undefined {
  const value: unknown = JSON.parse(source);
  if (typeof value === 'string') return value;
  const plain = format.plainResult?.(source);
  if (plain !== undefined && plain !== source) return plain;
  const texts = Array.isArray(value)
    ? value.flatMap((part: unknown) =>
        typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string' ? [part.text] : [],
      )
    : [];
  return texts.length === 1 ? texts[0] : undefined;
}
