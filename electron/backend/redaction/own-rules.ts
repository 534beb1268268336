import type { OwnRules } from '../../../shared/model/redaction.ts';
import { linearFinder } from '../base/linear-pattern.ts';
import type { Found } from './find-private.ts';

const longestStar = 200;

/**
 * Finds the texts of the user's rules. `*` takes as few signs as it can, no blanks and no quotation marks: linear whatever is written.
 * Throws Refused where a pattern is none.
 */
export function createRuleFinder({ rules, patterns }: OwnRules): (text: string) => readonly Found[] {
  const texts = rules.map((rule) => rule.split(/\*+/)).filter((parts) => parts.join('').trim() !== '');
  const finders = patterns.map(linearFinder);
  return (text) => [
    ...texts.flatMap((parts) => [...occurrences(text, parts)]),
    ...finders.flatMap((find) => find(text).map((place) => ({ ...place, kind: 'own' as const }))),
  ];
}

function* occurrences(text: string, parts: readonly string[]): Generator<Found> {
  const anchor = parts.findIndex((part) => part !== '');
  const [first = ''] = parts.slice(anchor);
  for (let at = text.indexOf(first); at >= 0;) {
    let end: number | undefined = at + first.length;
    for (const part of parts.slice(anchor + 1)) {
      end = endOfNext(text, end, part);
      if (end === undefined) break;
    }
    const start = anchor > 0 ? at - runBefore(text, at) : at;
    if (end !== undefined) yield { start, end, kind: 'own' };
    at = text.indexOf(first, Math.max(end ?? 0, at + 1));
  }
}

/** Where the next part of a rule ends behind a `*`; the last one may be empty, and then stands for all that the star may take. */
function endOfNext(text: string, from: number, part: string): number | undefined {
  const reach = runAfter(text, from);
  if (part === '') return from + reach;
  const found = text.slice(from, from + reach + part.length).indexOf(part);
  return found < 0 ? undefined : from + found + part.length;
}

function runAfter(text: string, from: number): number {
  const run = /^[^\s"'`\\]*/.exec(text.slice(from, from + longestStar));
  return run?.[0].length ?? 0;
}

function runBefore(text: string, to: number): number {
  const before = text.slice(Math.max(0, to - longestStar), to);
  let length = 0;
  while (length < before.length && !/[\s"'`\\]/.test(before[before.length - 1 - length] ?? ' ')) length++;
  return length;
}
