import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importFile, newFolder, withBackend } from './built-backend.ts';
import { importRows, naiveRows, repetitionRows, sets } from './goals-import.ts';
import { listRow, liveRow } from './goals-live.ts';
import { manyRunsRows, openRows, promptRows, searchRows } from './goals-reading.ts';
import { printReport } from './harness.ts';
import type { BenchRow } from './harness.ts';

/**
 * `npm run bench`: each goal of speed and size by its number, its figure, met or not. Every figure is a ratio of two things measured in this
 * run, so that it says the same on a slow and a fast machine. Drives the built backend as the window and the command line do.
 * What is missed is explained in FACTS.md, Goals that are missed. `goals.ts import` (or `reading`, `live`): only those.
 */
const elsewhere = [
  '6 OpenInference beside GenAI, 9 what was sent comes back: electron/backend/library/lossless.test.ts, otlp.test.ts',
  '16 alignment: e2e/bench/diff-speed.ts, below',
  '20 what is felt of the window: e2e/bench/window.bench.ts, below',
  '21 a run of 1,000,000 spans: by hand, e2e/bench/giant.ts',
];

const [only, file] = process.argv.slice(2);
if (only === 'memory' && file !== undefined) {
  await withBackend(newFolder(), (client) => importFile(client, file));
  console.log(process.resourceUsage().maxRSS);
} else await report();

async function report(): Promise<void> {
  const parts: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
    import: async () => [
      ...(await importRows()),
      ...(await naiveRows()),
      ...(await repetitionRows()),
      memoryRow(sets.long.path),
    ],
    reading: async () => [
      ...(await promptRows(sets.whole.path)),
      ...(await openRows()),
      ...(await manyRunsRows()),
      ...(await searchRows()),
    ],
    live: async () => [await liveRow(), await listRow(sets.hundred.path)],
  };
  let met = true;
  for (const [name, rows] of Object.entries(parts)) {
    if (only !== undefined && only !== name) continue;
    met = printReport(await rows()) && met;
  }
  for (const line of elsewhere) console.log(line);
  process.exitCode = met ? 0 : 1;
}

/** In a process of its own: the most memory that it ever had. */
function memoryRow(path: string): BenchRow {
  const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'memory', path], {
    encoding: 'utf8',
  });
  const megabytes = Number(stdout.trim()) / 1_024;
  return {
    name: '19 memory of an import',
    meaning: `the most that it had, of a file of ${(statSync(path).size / 1e6).toFixed(0)} MB / 300 MB`,
    goal: 1,
    figure: megabytes / 300,
    detail: `${megabytes.toFixed(0)} MB`,
  };
}
