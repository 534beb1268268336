import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Damage } from '../../../shared/model/library-check.ts';
import { eventually, temporaryDirectory } from '../backend.testing.ts';
import type { TemporaryDirectory } from '../backend.testing.ts';
import { createBackgroundCheck } from './background-check.ts';
import type { BackgroundCheck } from './background-check.ts';

let folder: TemporaryDirectory;
let check: BackgroundCheck | undefined;
let checks = 0;
const checked = { runs: 1, spans: 1, logs: 0, exchanges: 0, blocks: 1 };

beforeEach(async () => {
  folder = await temporaryDirectory();
  checks = 0;
});
afterEach(async () => {
  check?.close();
  await folder.remove();
});

function start(damage: readonly Damage[]): { readonly said: () => number } {
  let said = 0;
  check = createBackgroundCheck({
    directory: folder.path,
    check: () => Promise.resolve((checks++, { checked, damage: [...damage] })),
    onProblem: () => void (said += 1),
    afterMs: 1,
  });
  check.start();
  return { said: () => said };
}

const hasRun = () =>
  eventually(() => readFile(join(folder.path, 'last-check.json'), 'utf8').catch(() => undefined), 'a check');

test('damage is said with what it belonged to, and where all of it is said', async () => {
  const { said } = start([
    { kind: 'spans', runId: 'abc', count: 2, words: 'checksum' },
    { kind: 'metrics', count: 1, words: 'checksum' },
  ]);
  await eventually(() => Promise.resolve(said() > 0 ? true : undefined), 'the damage');
  expect(check?.problem).toBe(
    'A part of the library is damaged. 2 spans of run abc cannot be read. And 1 more. The rest can be read. `retake doctor` says all of it; a backup from before holds it still.',
  );
});

test('a library that is whole is not spoken of, and is looked at again after a day', async () => {
  start([]);
  await hasRun();
  expect([checks, check?.problem]).toEqual([1, undefined]);
  check?.close();
  const { atMs } = JSON.parse(await hasRun()) as { readonly atMs: number };
  await writeFile(join(folder.path, 'last-check.json'), JSON.stringify({ atMs: atMs - 25 * 3_600_000 }));
  start([]);
  await eventually(() => Promise.resolve(checks === 2 ? true : undefined), 'the check of the next day');
});

test('a clock that stepped back does not put it off', async () => {
  await writeFile(join(folder.path, 'last-check.json'), JSON.stringify({ atMs: Date.now() + 30 * 24 * 3_600_000 }));
  start([]);
  await eventually(() => Promise.resolve(checks > 0 ? true : undefined), 'a check');
});
