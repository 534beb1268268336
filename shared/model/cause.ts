import { z } from 'zod';
import { assertNever } from './assert-never.ts';

/** A message of a request, counted from 0 without instructions. `tool`: of a tool's result, which tool it was, where the request says it. */
const itemSchema = z.object({ at: z.number(), role: z.string(), tool: z.string().optional() });
type Item = Readonly<z.infer<typeof itemSchema>>;

/**
 * In what a request differs from a recorded one: why it was not answered from the recording, or what was looked past when it was.
 * Kept with each call of a take; the words are made where a person reads them (`causeWords`).
 */
export const causeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('model-changed'), recorded: z.string(), live: z.string() }),
  z.object({ kind: z.literal('instructions-changed') }),
  z.object({ kind: z.literal('tools-changed') }),
  z.object({ kind: z.literal('parameters-changed') }),
  z.object({ kind: z.literal('item-changed'), item: itemSchema }),
  z.object({ kind: z.literal('item-added'), item: itemSchema }),
  z.object({ kind: z.literal('item-missing'), item: itemSchema }),
  /** Different only in what is always looked past (ids, times) or by the user's own rule; `hits` names it. No item: the instructions. */
  z.object({ kind: z.literal('passed-over'), item: itemSchema.optional(), hits: z.array(z.string()) }),
  /** More differences than are told. */
  z.object({ kind: z.literal('more') }),
  /** A message is an answer that no call of this run gave: a model was asked past the gateway, or the agent wrote it itself. */
  z.object({ kind: z.literal('past-gateway'), item: itemSchema }),
  /** No difference: the recording holds the call, and it was answered already. */
  z.object({ kind: z.literal('served-before') }),
  /** The recording holds no call of this wire format. */
  z.object({ kind: z.literal('no-such-call') }),
  /** In words only: from a recording that was made before differences were values. */
  z.object({ kind: z.literal('said'), text: z.string() }),
]);
export type Cause = Readonly<z.infer<typeof causeSchema>>;

/** A few words, to stand in a sentence or after a colon: `message 2 (user) changed`. */
export function causeWords(cause: Cause): string {
  switch (cause.kind) {
    case 'model-changed':
      return `model ${cause.recorded} became ${cause.live}`;
    case 'instructions-changed':
      return 'instructions changed';
    case 'tools-changed':
      return 'tool definitions changed';
    case 'parameters-changed':
      return 'parameters changed';
    case 'item-changed':
      return `${nameOf(cause.item)} changed`;
    case 'item-added':
      return `${nameOf(cause.item)} is new`;
    case 'item-missing':
      return `message ${cause.item.at} (${cause.item.role}) is missing`;
    case 'passed-over':
      return `${cause.item ? nameOf(cause.item) : 'instructions'}: ${cause.hits.length > 0 ? cause.hits.join(', ') : 'ids'}`;
    case 'past-gateway':
      return `${nameOf(cause.item)} is an answer that went past the gateway`;
    case 'more':
      return 'and more';
    case 'served-before':
      return 'the recording holds this call once, and it was served';
    case 'no-such-call':
      return 'the recording holds no call of this kind';
    case 'said':
      return cause.text;
    default:
      return assertNever(cause);
  }
}

function nameOf({ at, role, tool }: Item): string {
  return role === 'tool' ? `result of ${tool ?? 'a tool'}` : `message ${at} (${role})`;
}
