import { expect, test } from 'vitest';
import type { LiveTake } from '../../../../shared/model/take.ts';
import { createTakeFeed } from './take-feed.ts';

const take = (id: string, line: string): LiveTake => ({
  id,
  batchId: 'b',
  position: 1,
  of: 1,
  kind: 'take',
  executor: 'replay',
  name: id,
  status: 'running',
  calls: [],
  callCount: 0,
  openCalls: 0,
  holds: [],
  breaks: [],
  served: { recorded: 0, live: 0, edited: 0, held: 0, extra: 0, skipped: 0 },
  notes: [],
  log: Array.from({ length: 200 }, () => ({ stream: 'stdout' as const, text: line })),
});

test.each([
  ['small', 'x', 4, 10],
  ['large', 'x'.repeat(2_000), 1, 2.5],
] as const)(
  'all takes first, then only the one that changed; %s ones at a pace of their own',
  async (_, line, least, most) => {
    const read: (readonly string[] | undefined)[] = [];
    const feed = createTakeFeed((wanted) => {
      read.push(wanted && [...wanted]);
      return ['one', 'two'].filter((id) => wanted?.has(id) ?? true).map((id) => take(id, line));
    });
    const told: string[][] = [];
    const reading = (async () => {
      for await (const { takes } of feed.subscribe(undefined)) told.push(takes.map(({ id }) => id));
    })();
    const changing = setInterval(() => feed.changed('two'), 5);
    const startedMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const seconds = (performance.now() - startedMs) / 1_000;
    clearInterval(changing);
    feed.close();
    await reading;
    expect(told[0]).toEqual(['one', 'two']);
    expect(new Set(told.slice(1).flat())).toEqual(new Set(['two']));
    expect(read.slice(1).every((wanted) => wanted?.length === 1)).toBe(true);
    expect(told.length).toBeGreaterThanOrEqual(least);
    // All of them, the first change at once, then so many a second.
    expect(told.length).toBeLessThanOrEqual(2 + most * seconds);
  },
);
