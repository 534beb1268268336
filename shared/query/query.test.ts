import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeQuery } from './complete-query.ts';
import { parseQuery, partsOf } from './parse-query.ts';
import { printQuery } from './print-query.ts';
import { queryProblemWords } from './query-words.ts';
import { longestQuery, queryKeyList, timeOf } from './query.ts';
import type { QueryTerm } from './query.ts';

function terms(source: string): readonly QueryTerm[] {
  const parsed = parseQuery(source);
  if (!parsed.ok) throw new Error(parsed.problems.map(queryProblemWords).join(' '));
  return parsed.query.terms;
}

function problems(source: string): readonly string[] {
  const parsed = parseQuery(source);
  return parsed.ok
    ? []
    : parsed.problems.map(
        (problem) =>
          `${problem.kind} ${source.slice(problem.start, problem.end)}${problem.nearest === undefined ? '' : ` → ${problem.nearest}`}`,
      );
}

describe('a query', () => {
  it('has fields, words, phrases and what must not be there', () => {
    expect(
      terms(
        'status:error,partial model:claude* cost>0.10 args:"npm test" since:7d -tool:bash tokens>=10k "time out" retry',
      ),
    ).toEqual([
      { kind: 'choice', key: 'status', values: ['error', 'partial'], isNegated: false },
      { kind: 'pattern', key: 'model', values: ['claude*'], isNegated: false },
      { kind: 'figure', key: 'cost', relation: '>', value: 0.1, isNegated: false },
      { kind: 'pattern', key: 'args', values: ['npm test'], isNegated: false },
      { kind: 'time', key: 'since', time: { agoMs: 604_800_000 }, isNegated: false },
      { kind: 'pattern', key: 'tool', values: ['bash'], isNegated: true },
      { kind: 'figure', key: 'tokens', relation: '>=', value: 10_000, isNegated: false },
      { kind: 'text', text: 'time out', isPhrase: true, isNegated: false },
      { kind: 'text', text: 'retry', isPhrase: false, isNegated: false },
    ]);
  });

  it('takes the words that the window shows, and those of before', () => {
    expect(printQuery({ terms: terms('STATUS:failed,completed last:2d found:repeat took<90s pinned:true') })).toBe(
      'status:error,ok since:2d has:repeat duration<90s pinned:yes',
    );
  });

  it('leaves as words what only looks like a field', () => {
    for (const word of ['https://example.com/a?b=c', 'std::vector', 'a=b', 'Error:', '--verbose', 'C:\\users', 'x>y'])
      expect(terms(word)).toEqual([{ kind: 'text', text: word, isPhrase: false, isNegated: false }]);
  });

  it('reads a sign alone beside words as part of them, and says that one by itself finds nothing', () => {
    for (const source of ['timeout - retry', '- timeout retry', 'timeout retry - –', 'timeout — - retry'])
      expect(terms(source)).toEqual(terms('timeout retry'));
    expect(printQuery({ terms: terms('timeout - -retry') })).toBe('timeout -retry');
    const parsed = parseQuery('a - b status:error');
    expect(parsed.tokens).toEqual([
      { start: 0, end: 3, looks: 'text' },
      { start: 4, end: 5, looks: 'text' },
      { start: 6, end: 18, looks: 'field' },
    ]);
    expect(problems('status:error - tool:bash')).toEqual(['nothing-to-find -']);
    expect(problems('- -')).toEqual(['nothing-to-find - -']);
    expect(problems('timeout "-"')).toEqual(['nothing-to-find "-"']);
  });

  it('reads quotes and backslashes in values', () => {
    expect(terms('agent:"my \\"best\\" agent",b name:"C:\\x\\\\"')).toEqual([
      { kind: 'pattern', key: 'agent', values: ['my "best" agent', 'b'], isNegated: false },
      { kind: 'pattern', key: 'name', values: ['C:\\x\\'], isNegated: false },
    ]);
  });

  it('says what it does not know, where it stands and what is near', () => {
    expect(problems('staus:error ok -modle:x tool:a cots>0.1')).toEqual([
      'unknown-key staus:error → status:error',
      'unknown-key -modle:x → -model:x',
      'unknown-key cots>0.1 → cost>0.1',
    ]);
    expect(problems('status:eror,ok has:repeats differs:mother')).toEqual([
      'unknown-value status:eror,ok → status:error,ok',
      'unknown-value has:repeats → has:repeat',
      'unknown-value differs:mother',
    ]);
    expect(problems('cost:0.1 status>error since>7d')).toEqual([
      'wrong-relation cost:0.1 → cost>0.1',
      'wrong-relation status>error → status:error',
      'wrong-relation since>7d → since:7d',
    ]);
    expect(
      problems('cost>much tokens>1x since:7 since:2026-02-31 before:2026-01-01T25:00 duration>3weeks'),
    ).toHaveLength(6);
    expect(problems('status: args:"" args:"--" -- "…" xyzzy:1 foo')).toEqual([
      'no-value status:',
      'no-value args:""',
      'nothing-to-find args:"--"',
      'nothing-to-find --',
      'nothing-to-find "…"',
      'unknown-key xyzzy:1',
    ]);
    expect(problems('x'.repeat(longestQuery + 1))).toHaveLength(1);
  });

  it('says every problem in a sentence', () => {
    const parsed = parseQuery('staus:error status:eror cost:1 cost>x status: "--" zzzzzzz:1');
    expect(parsed.ok ? [] : parsed.problems.map(queryProblemWords)).toEqual([
      'There is no key staus. Is status:error meant?',
      'status is never “eror”. Is status:error meant?',
      'cost is asked for like this: cost>0.10. Is cost>1 meant?',
      'cost cannot be “x”. It is asked for like this: cost>0.10.',
      'status needs something after it, like this: status:running.',
      '“--” has no letter and no digit: there is nothing in it to look for. In quotes, a text is found as it stands.',
      'There is no key zzzzzzz. To find it as text, put it in quotes.',
    ]);
  });

  it('knows times of the past and days where the reader is', () => {
    expect(timeOf({ agoMs: 5 }, 1_000)).toBe(995);
    expect(timeOf({ date: '2026-11-30' }, 0)).toBe(new Date(2026, 10, 30).getTime());
    expect(timeOf({ date: '2026-11-30T09:30' }, 0)).toBe(new Date(2026, 10, 30, 9, 30).getTime());
  });
});

const pieces = fc.constantFrom(
  ...queryKeyList.flatMap(({ key, choices = [] }) => [key, ...choices]),
  ':',
  '>',
  '>=',
  '<',
  '=',
  ',',
  '"',
  '\\',
  '-',
  ' ',
  '*',
  '0.10',
  '10k',
  '7d',
  '30s',
  '2026-11-30',
  'npm test',
  'é',
  '😀',
  '\0',
  '\ud800',
  '日本',
  '\u202e',
);
const anySource = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
);

describe('any text', () => {
  it('is read without a throw, and all of it but blanks stands in a token', () => {
    fc.assert(
      fc.property(anySource, (source) => {
        const { tokens } = parseQuery(source);
        let rest = '';
        let at = 0;
        for (const { start, end } of tokens) {
          expect(start).toBeGreaterThanOrEqual(at);
          rest += source.slice(at, start);
          at = end;
        }
        expect((rest + source.slice(at)).trim()).toBe('');
      }),
      { numRuns: 2_000 },
    );
  });

  it('printed and read again is the same query', () => {
    fc.assert(
      fc.property(anySource, (source) => {
        const parsed = parseQuery(source);
        if (!parsed.ok) return;
        const again = parseQuery(printQuery(parsed.query));
        expect(again.ok ? again.query : again.problems).toEqual(parsed.query);
      }),
      { numRuns: 4_000 },
    );
  });

  it('is completed without a throw, into something that stands where it was typed', () => {
    fc.assert(
      fc.property(anySource, fc.nat(220), (source, at) => {
        const cursor = Math.min(at, source.length);
        const { start, end } = completeQuery(source, cursor, { agent: ['my agent'] });
        expect(start).toBeLessThanOrEqual(end);
        expect(end).toBe(cursor);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is looked at once: parts cover a text of any length', () => {
    for (const hostile of [
      '"'.repeat(200_000),
      '\\'.repeat(200_000),
      'a:'.repeat(100_000),
      '-'.repeat(200_000),
      `"${'\\"'.repeat(100_000)}`,
      'a"'.repeat(100_000),
      `x:${','.repeat(200_000)}`,
    ]) {
      const parts = partsOf(hostile);
      expect(parts.at(-1)?.end).toBe(hostile.length);
      expect(parts.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThanOrEqual(hostile.length);
    }
  });
});

describe('completion', () => {
  const labels = (source: string, known = {}): readonly string[] =>
    completeQuery(source, source.length, known).items.map(({ label }) => label);

  it('offers keys, then their values', () => {
    expect(labels('st')).toEqual(['status:', 'steps>']);
    expect(labels('retry du')).toEqual(['duration>']);
    expect(labels('-pin')).toEqual(['pinned:']);
    expect(labels('status:')).toEqual(['running', 'ok', 'error', 'partial', 'paused', 'unset']);
    expect(labels('status:ok,er')).toEqual(['error']);
    expect(labels('model:cl', { model: ['claude-opus-4.5', 'my claude', 'gpt'] })).toEqual([
      'claude-opus-4.5',
      'my claude',
    ]);
    expect(labels('cost>')).toContain('0.10');
    expect(labels('"a phrase ')).toEqual([]);
    expect(labels('status:error ')).toContain('model:');
  });

  it('puts it in the place of what was typed, quoted where it must be', () => {
    const source = 'x agent:my';
    const { start, end, items } = completeQuery(source, source.length, { agent: ['my agent'] });
    expect(source.slice(0, start) + (items[0]?.text ?? '') + source.slice(end)).toBe('x agent:"my agent"');
  });
});
