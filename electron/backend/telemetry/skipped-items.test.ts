import { expect, test } from 'vitest';
import { createSkippedItems } from './skipped-items.ts';

test('the first thousand are named, the rest is counted by reason, and none is forgotten', () => {
  const items = createSkippedItems();
  for (let line = 1; line <= 5_000; line++)
    items.add({ line, reason: line % 2 === 0 ? `span ${line}: no trace id` : 'not a JSON object' });
  const list = items.list();
  expect(list.slice(999)).toEqual([
    { line: 1_000, reason: 'span 1000: no trace id' },
    { line: undefined, reason: 'not a JSON object', count: 2_000 },
    { line: undefined, reason: 'span …: no trace id', count: 2_000 },
  ]);
  expect(items.count).toBe(5_000);
  expect(list.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(5_000);
});

test('reasons without end are bounded', () => {
  const items = createSkippedItems();
  for (let index = 0; index < 3_000; index++)
    items.add({
      line: undefined,
      reason: `key ${'abcdefghij'[index % 10]}${'klmnopqrst'[Math.floor(index / 10) % 10]}${'uvwxyzuvwx'[Math.floor(index / 100) % 10]} ${'z'.repeat(index % 150)}`,
    });
  expect(items.list().length).toBeLessThanOrEqual(1_101);
  expect(items.list().reduce((sum, { count = 1 }) => sum + count, 0)).toBe(3_000);
});
