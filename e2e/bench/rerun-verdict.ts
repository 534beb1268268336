import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientOf, generateTake, openBackend } from './generate-take.ts';
import { printReport } from './harness.ts';

/**
 * What the window pays to ask how a long take goes so far, which it does about once a second. Processor time of this process with its
 * threads, not the clock: a loaded machine does not count as ours.
 */
const callCount = 2_000;
const directory = mkdtempSync(join(tmpdir(), 'retake-bench-verdict-'));
const backend = await openBackend(directory);
try {
  const { take: runId } = await generateTake(backend, callCount);
  const client = clientOf(backend);
  const first = await client.takes.verdict({ runId });
  if (first.states.length !== callCount || first.served.recorded !== callCount - 1 || first.served.skipped !== 0)
    throw new Error(`The verdict is wrong: ${first.states.length} states, ${JSON.stringify(first.served)}.`);
  const rounds: number[] = [];
  for (let round = 0; round < 9; round++) {
    const before = process.cpuUsage();
    await client.takes.verdict({ runId });
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / 1_000);
  }
  const median = rounds.toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? Number.NaN;
  const met = printReport([
    {
      name: `verdict of ${callCount} calls`,
      meaning: 'ms of processor time, median of 9',
      goal: 100,
      figure: median,
      detail: `${Math.min(...rounds).toFixed(0)} to ${Math.max(...rounds).toFixed(0)} ms`,
    },
  ]);
  if (!met) process.exitCode = 1;
} finally {
  await backend.close();
  rmSync(directory, { recursive: true, force: true });
}
