import { useMemo } from 'react';
import { completeQuery } from '../../../shared/query/complete-query.ts';
import type { QueryCompletion } from '../../../shared/query/complete-query.ts';
import { parseQuery } from '../../../shared/query/parse-query.ts';
import type { ParsedQuery } from '../../../shared/query/parse-query.ts';
import { queryProblemWords } from '../../../shared/query/query-words.ts';
import { useQueryNames } from './queries.ts';
import { putRight, querySegments } from './query-words.ts';
import type { QuerySegment } from './query-words.ts';

export interface QueryAssist {
  readonly parsed: ParsedQuery;
  readonly segments: readonly QuerySegment[];
  /** What can stand at the cursor. */
  readonly completions: readonly QueryCompletion[];
  /** What was typed with a completion in its place, and where the cursor is then. */
  readonly completed: (completion: QueryCompletion) => { readonly text: string; readonly cursor: number };
  /** What is wrong with it, in words, and all of it put right where something is near. */
  readonly problem: { readonly words: string; readonly fixed: string | undefined } | undefined;
}

/** What is known of a query while it is typed. */
export function useQueryAssist(text: string, cursor: number): QueryAssist {
  const { data: names } = useQueryNames();
  return useMemo(() => {
    const parsed = parseQuery(text);
    const { start, end, items } = completeQuery(text, Math.min(cursor, text.length), names ?? {});
    const [first] = parsed.ok ? [] : parsed.problems;
    return {
      parsed,
      segments: querySegments(text, parsed.tokens),
      completions: items,
      completed: (completion) => {
        const rest = text.slice(end);
        const gap = completion.goesOn || rest.startsWith(' ') ? '' : ' ';
        const before = `${text.slice(0, start)}${completion.text}${gap}`;
        return { text: `${before}${rest}`, cursor: before.length };
      },
      problem: first && { words: queryProblemWords(first), fixed: putRight(text, first) },
    };
  }, [text, cursor, names]);
}
