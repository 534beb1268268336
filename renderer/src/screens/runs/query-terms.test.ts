import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../../shared/query/parse-query.ts';
import type { QueryTerm } from '../../../../shared/query/query.ts';
import { fieldsIn, filterOf, mergeTerms, termsOf, termWords, valuesOf, withValues } from './query-terms.ts';

function read(text: string): readonly QueryTerm[] {
  const parsed = parseQuery(text);
  return parsed.ok ? parsed.query.terms : [];
}
const printed = (terms: readonly QueryTerm[] | undefined): string | undefined => terms && filterOf(terms).text;

describe('a filter as terms', () => {
  it('takes links of before and what menus choose', () => {
    expect(
      printed(
        termsOf({
          status: ['error', 'ok'],
          agents: ['my agent', 'router'],
          models: ['gpt-5.1'],
          tags: ['nightly'],
          pinned: false,
          findings: ['repeat'],
          minCostUsd: 0.001,
          minDurationMs: 1_500,
          withinHours: 24,
          conversationId: 'c 1',
          text: 'two "words here"',
        }),
      ),
    ).toBe(
      'status:error,ok agent:"my agent",router model:gpt-5.1 tag:nightly has:repeat pinned:no cost>=0.001 duration>=1500ms since:1d conversation:"c 1" two "words here"',
    );
    expect(termsOf({ text: 'staus:error' })).toBeUndefined();
    expect(filterOf([])).toEqual({});
  });

  it('joins names, and puts one figure or time in the place of another', () => {
    expect(
      printed(mergeTerms(read('agent:a cost>1 cost<9 since:7d x'), read('agent:b,a cost>=2 since:1d -agent:c y'))),
    ).toBe('agent:a,b cost>=2 cost<9 since:1d -agent:c x y');
  });

  it('knows and changes what a key asks for', () => {
    const terms = read('status:ok -status:error tag:x');
    expect(valuesOf(terms, 'status')).toEqual(['ok']);
    expect(printed(withValues(terms, 'status', ['ok', 'partial'], 'choice'))).toBe(
      'status:ok,partial -status:error tag:x',
    );
    expect(printed(withValues(terms, 'tag', [], 'pattern'))).toBe('status:ok -status:error');
    expect(printed(withValues(terms, 'model', ['m'], 'pattern'))).toBe('status:ok -status:error tag:x model:m');
  });

  it('says each in words', () => {
    const words = fieldsIn(read('status:error -model:a,b,c cost>0.1 since:7d before:2026-01-02')).map((term) => {
      const { name, relation, value } = termWords(term, (_, text) => (text === 'error' ? 'failed' : text));
      return `${name} ${relation} ${value}`;
    });
    expect(words).toEqual([
      'status is failed',
      'model not in a, b +1',
      'cost > $0.100',
      'started within 7 days',
      'started before 2026-01-02',
    ]);
  });
});
