import { describe, expect, it } from 'vitest';
import { placeOfResult, resultNames } from './result-name.ts';

const results = [{ name: 'lookup' }, { callId: 'call_1', name: 'lookup' }, { name: 'lookup' }, { name: 'add' }, {}];

describe('names of results', () => {
  it('takes the id, else the tool and which of its results it is', () => {
    expect(resultNames(results)).toEqual(['lookup#1', 'call_1', 'lookup#2', 'add#1', 'tool#1']);
  });

  it('finds what it names', () => {
    expect(resultNames(results).map((name) => placeOfResult(results, name))).toEqual([0, 1, 2, 3, 4]);
  });

  it('takes the name alone where there is one, and never guesses among several', () => {
    expect(placeOfResult(results, 'add')).toBe(3);
    expect(placeOfResult(results, 'lookup')).toBeUndefined();
    expect(placeOfResult(results, 'lookup#3')).toBeUndefined();
  });

  it('takes an id that looks like a name and place for the id', () => {
    expect(placeOfResult([{ name: 'lookup' }, { callId: 'lookup#1', name: 'lookup' }], 'lookup#1')).toBe(1);
  });
});
