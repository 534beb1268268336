import { textFinder } from '../../../shared/model/find-text.ts';
import type { TextFinder } from '../../../shared/model/find-text.ts';
import { parseQuery } from '../../../shared/query/parse-query.ts';
import type { QueryProblem, QueryToken } from '../../../shared/query/parse-query.ts';
import { printQuery } from '../../../shared/query/print-query.ts';
import { textsToFind, wordsOfQuery } from '../../../shared/query/query.ts';
import type { Query, QueryTerm } from '../../../shared/query/query.ts';

/** What is to be found in a step that a query leads to, as a query of words; undefined where it asks for none. */
export function wordsToFind(query: Query): string | undefined {
  const terms: QueryTerm[] = [...wordsOfQuery(query)];
  for (const term of query.terms) {
    if (term.kind !== 'pattern' || term.key !== 'args' || term.isNegated) continue;
    for (const text of term.values) terms.push({ kind: 'text', text, isPhrase: true, isNegated: false });
  }
  return terms.length === 0 ? undefined : printQuery({ terms });
}

/** Finds the words of a query as the index does; undefined where there are none, or it is no query. */
export function finderOf(words: string | undefined): TextFinder | undefined {
  if (words === undefined) return undefined;
  const parsed = parseQuery(words);
  if (!parsed.ok) return undefined;
  return textFinder(textsToFind(wordsOfQuery(parsed.query)));
}

/** What was typed with a problem's part put right; undefined where nothing is near. */
export function putRight(text: string, { start, end, nearest }: QueryProblem): string | undefined {
  return nearest === undefined ? undefined : `${text.slice(0, start)}${nearest}${text.slice(end)}`;
}

export interface QuerySegment {
  readonly text: string;
  readonly looks: QueryToken['looks'] | 'space';
}

/** What was typed, in pieces that are shown apart. */
export function querySegments(text: string, tokens: readonly QueryToken[]): readonly QuerySegment[] {
  const segments: QuerySegment[] = [];
  let at = 0;
  for (const { start, end, looks } of tokens) {
    if (start > at) segments.push({ text: text.slice(at, start), looks: 'space' });
    segments.push({ text: text.slice(start, end), looks });
    at = end;
  }
  if (at < text.length) segments.push({ text: text.slice(at), looks: 'space' });
  return segments;
}
