import { expect, it } from 'vitest';
import { percentMistake, rateMistakes } from './price-mistakes.ts';

it('doubts a price for one token where that for a million is asked for, and says what it would be', () => {
  const found = rateMistakes({ input: 0.000_003, output: 0.000_015, cacheRead: 0.000_000_3 });
  expect(found.input).toBe('$0.000003 for a million tokens? If it is for one token, type 3. Save again to keep it.');
  expect(found.output).toContain('type 15.');
  expect(found.cacheRead).toContain('type 0.3.');
});

it('doubts what costs more than any model, and a cache that is dearer than input', () => {
  expect(rateMistakes({ input: 3_000_000, output: 15 }).input).toContain('more than any model');
  expect(rateMistakes({ input: 3, output: 15, cacheRead: 30 })).toEqual({
    cacheRead: 'What is read from the cache costs more than input? Save again to keep it.',
  });
});

it('doubts no price that a model has, nor 0', () => {
  for (const rates of [
    { input: 0, output: 0 },
    { input: 0.01, output: 0.02, cacheRead: 0.002 },
    { input: 150, output: 600 },
  ])
    expect(rateMistakes(rates)).toEqual({});
});

it('doubts a share where percents are asked for', () => {
  expect(percentMistake(0.15)).toBe('0.15 %? If it is a share, type 15. Save again to keep it.');
  expect([percentMistake(15), percentMistake(0), percentMistake(undefined), percentMistake(-10)]).toEqual(
    Array.from({ length: 4 }),
  );
});
