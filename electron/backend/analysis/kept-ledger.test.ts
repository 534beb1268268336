import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { generateRun, wholeConversation } from '../../../e2e/support/generate-runs.ts';
import type { ContextItem } from '../../../shared/model/context-lens.ts';
import { temporaryDirectory } from '../backend.testing.ts';
import type { TemporaryDirectory } from '../backend.testing.ts';
import { createBackend } from '../backend.ts';
import { findingRows } from '../library/followers/finding-rows.ts';
import { keptRows } from '../library/followers/run-follower.ts';
import { openFollowers, openLibraryReader } from '../library/open-library.ts';
import type { LibraryReader } from '../library/reader.ts';
import { analyseRun } from './analyse-run.ts';
import { isCarried } from './context-view.ts';
import { analysisFollower, contextLens, findingsOf } from './kept-analysis.ts';

const calls = 600;
let directory: TemporaryDirectory;
let reader: LibraryReader;
let runId = '';

beforeAll(async () => {
  directory = await temporaryDirectory();
  const { path } = directory;
  const file = join(path, 'long.jsonl');
  const shape = { ...wholeConversation(3, calls), contextLimitBytes: 6_000, resultBytes: [100, 300] as const };
  writeFileSync(file, [...generateRun(shape)].join('\n'));
  const backend = await createBackend({
    libraryDirectory: path,
    receive: false,
    otlpHttpPort: undefined,
    otlpGrpcPort: undefined,
    version: 'test',
  });
  for await (const event of await createRouterClient(backend.router).files.importPaths({ paths: [file] }))
    if (event.type === 'done') [runId = ''] = event.runIds;
  await backend.close();
  const followers = openFollowers({ directory: path, followers: [analysisFollower] });
  while (followers.work(1_000).next === 'more');
  expect(followers.problems()).toEqual([]);
  followers.close();
  reader = openLibraryReader({ directory: path });
});

afterAll(async () => {
  reader.close();
  await directory.remove();
});

/** What is parsed while it works: a measure of it that a busy machine does not change. */
function charactersParsed<T>(work: () => T): { readonly result: T; readonly characters: number } {
  const parse = vi.spyOn(JSON, 'parse');
  try {
    const result = work();
    return { result, characters: parse.mock.calls.reduce((sum, [text]) => sum + text.length, 0) };
  } finally {
    parse.mockRestore();
  }
}

test('a call of a long run is shown as all that is kept tells it, of which a fraction is read', () => {
  const { rows, behind } = keptRows(reader, findingRows, runId);
  expect(behind).toBe(false);
  const kept = (wanted: string): number =>
    rows.reduce((sum, { kind, data = '' }) => sum + (kind === wanted ? data.length : 0), 0);
  // Sixty bars are pieces of eight calls each: most of a run of 600, a twentieth of one of 10,000.
  const most = kept('outline') + kept('calls') + kept('items') / 4;
  const items = rows.flatMap(({ kind, data = '' }) => (kind === 'items' ? (JSON.parse(data) as ContextItem[]) : []));
  const first = contextLens(reader, runId, undefined);
  expect([first.bars.length, first.bars.at(-1)?.isSelected, first.call?.step]).toEqual([60, true, calls * 2 - 1]);
  for (const position of [0, 1, 7, 8, 300, calls - 1]) {
    const step = position * 2 + 1;
    const { result: lens, characters } = charactersParsed(() => contextLens(reader, runId, step));
    expect([lens.call?.step, lens.bars.find(({ isSelected }) => isSelected)?.call.step]).toEqual([step, step]);
    expect(lens.items).toEqual(items.filter((item) => isCarried(item, position)));
    expect(lens.lostItems.map(({ preview }) => preview).toSorted()).toEqual(
      (lens.call?.lost?.items ?? []).map((at) => items[at]?.preview ?? '').toSorted(),
    );
    expect(characters).toBeLessThan(most);
  }
});

test('what was found is read without the contexts', () => {
  const { result, characters } = charactersParsed(() => findingsOf(reader, runId));
  expect(result.time?.totalMs).toBeGreaterThan(0);
  expect(characters).toBeLessThan(100_000);
});

test('a long run is looked at in turns, no step of which reads all of it', () => {
  const pass = analyseRun(runId, reader);
  let turns = 0;
  let most = 0;
  for (let isDone = false; !isDone; turns += 1) {
    const { result, characters } = charactersParsed(() => pass.next());
    most = Math.max(most, characters);
    isDone = result.done === true;
  }
  const whole = charactersParsed(() => [...analyseRun(runId, reader)]).characters;
  expect(turns).toBeGreaterThan(calls);
  expect(most).toBeLessThan(whole / 10);
});
