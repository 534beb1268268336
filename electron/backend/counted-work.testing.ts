import { Session } from 'node:inspector/promises';

// From the import on: what has run before has no counters.
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/**
 * How much is done, counted and not timed: how often the blocks of our code are entered while it runs, by V8's own counters. The same on a
 * slow machine and beside other work. What a built-in function does within itself (a pattern, a search in a string) is not in it.
 */
export async function countedWork(work: () => unknown): Promise<number> {
  await session.post('Profiler.takePreciseCoverage');
  await work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let count = 0;
  for (const { url, functions } of result) {
    if (url.startsWith('node:')) continue;
    for (const { ranges } of functions) for (const range of ranges) count += range.count;
  }
  return count;
}
