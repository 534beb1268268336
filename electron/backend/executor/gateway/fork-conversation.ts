import { rootCursor } from '../../base/json-cursor.ts';
import { shortestQuote } from './edited-results.ts';
import type { EditedResult } from './edited-results.ts';
import type { ForkContext } from './fork-context.ts';
import { requestElements } from './request-elements.ts';
import type { RequestElement } from './request-elements.ts';
import { scrub } from './scrub.ts';

/** Of a text that has grown; the rest is what it ends with each time. */
const leastBeginning = 0.5;

/** The elements of a request go on where the fork's ended, word for word. */
export function goesOnWordForWord({ live }: ForkContext, elements: readonly RequestElement[]): boolean {
  return elements.length >= live.length && live.every(({ key }, at) => key === elements[at]?.key);
}

/** The request, of whatever conversation, holds a result that was edited, or quotes it. */
export function holdsEdited({ format }: ForkContext, results: readonly EditedResult[], body: string): boolean {
  if (results.length === 0) return false;
  const root = rootCursor(body);
  const named = new Set(format.results(root).map(({ callId }) => callId));
  if (results.some(({ callId }) => callId !== undefined && named.has(callId))) return true;
  const quotes = results.flatMap(({ quote }) => (quote !== undefined && quote.length >= shortestQuote ? [quote] : []));
  return (
    quotes.length > 0 &&
    requestElements(format, body).some(
      ({ texts, role }) =>
        role !== 'assistant' && texts.some(({ text }) => quotes.some((quote) => text.includes(quote))),
    )
  );
}

/** The request begins as the fork's did, and is of the same kind. */
export function beginsAlike({ format, live }: ForkContext, body: string): boolean {
  const ours = live.find(({ role }) => role === 'other');
  const given = requestElements(format, body);
  const theirs = given.find(({ role }) => role === 'other');
  // No longer than the fork's, it does not go on with anything: another agent's first request, about the same.
  return given.length > live.length && ours !== undefined && theirs !== undefined && isSameMessage(ours, theirs);
}

/** The request is the fork's only message grown longer, with something of what was answered. */
export function growsFrom({ format, live }: ForkContext, body: string, said: readonly string[]): boolean {
  const given = requestElements(format, body);
  const [ours, theirs] = [live, given].map((elements) => elements.filter(({ role }) => role !== 'system'));
  const before = ours?.length === 1 ? ours[0]?.texts.at(-1)?.text : undefined;
  const now = theirs?.length === 1 ? theirs[0]?.texts.at(-1)?.text : undefined;
  if (before === undefined || now === undefined || now.length <= before.length) return false;
  let same = 0;
  while (same < before.length && before[same] === now[same]) same++;
  return same >= before.length * leastBeginning && said.some((line) => now.includes(line));
}

/** The same message of the same run: a time in it may have moved on, a name has not changed. */
function isSameMessage(left: RequestElement, right: RequestElement): boolean {
  if (left.key === right.key) return true;
  if (left.template !== right.template) return false;
  const [ours, theirs] = [left, right].map(({ source }) => scrub(source).values);
  return (
    ours?.every(
      ({ kind, value }, at) => kind === 'time' || kind === 'measure' || kind === 'any' || value === theirs?.[at]?.value,
    ) === true
  );
}
