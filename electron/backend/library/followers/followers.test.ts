import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { RunId } from '../../../../shared/model/units.ts';
import { followers } from '../../workers/followers.ts';
import { followerFile } from '../library-files.ts';
import type { LibraryWriter } from '../library.ts';
import { openFollowers, openLibraryReader, openLibraryWriter } from '../open-library.ts';
import { runTotals } from '../queries/run-list.ts';
import { makeFacts, makeRun, makeStep } from '../runs.testing.ts';
import { hitsOf } from '../search/search.testing.ts';
import { makeSpan, spanOf, traceOf, withDirectory } from '../telemetry.testing.ts';
import type { Follower } from './follower.ts';
import { stepNames } from './followers.testing.ts';
import type { Followers } from './open-followers.ts';
import { findKeptRows, followRuns, keptRows } from './run-follower.ts';

const idOf = (run: number): RunId => traceOf(run) as string as RunId;

/** A run of one span and one step whose name is the word. */
function put(writer: LibraryWriter, run: number, word: string, spans: readonly number[] = [run]): void {
  writer.transaction(() => {
    for (const span of spans) writer.putSpan(makeSpan({ traceId: traceOf(run), spanId: spanOf(span) }));
    writer.replaceSteps(assembled(run, [word]));
  });
}

const assembled = (run: number, words: readonly string[]) =>
  makeRun(run, {
    name: `run${run}`,
    steps: words.map((word, step) => makeStep(step, { facts: makeFacts({ name: word }) })),
  });

/** Slice by slice until nothing is left that can be done now. */
function followAll(following: Followers): void {
  following.look();
  while (following.work(0).next === 'more');
}

/** The runs that hold a word, as the table of the second follower and as the text index have it. */
function found(
  directory: string,
  word: string,
): { readonly rows: readonly string[]; readonly text: readonly string[] } {
  const reader = openLibraryReader({ directory });
  try {
    return {
      rows: findKeptRows(reader, stepNames(), { step: word }, 100).map(({ runId }) => runId),
      text: hitsOf(reader, word).map(({ runId }) => runId),
    };
  } finally {
    reader.close();
  }
}

test('a follower added to the list sees every run that changed, was joined or was assembled again, as the text index does', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const told: string[] = [];
    const following = openFollowers({ directory, followers: [...followers, stepNames((runId) => told.push(runId))] });
    const group = traceOf(999);
    put(writer, 1, 'alpaca');
    put(writer, 2, 'bison');
    followAll(following);
    expect(told).toEqual([idOf(1), idOf(2)]);
    for (const [word, run] of [
      ['alpaca', 1],
      ['bison', 2],
    ] as const)
      expect(found(directory, word)).toEqual({ rows: [idOf(run)], text: [idOf(run)] });
    followAll(following);
    expect(told).toHaveLength(2);

    // Assembled again, under another name.
    put(writer, 2, 'cormorant');
    put(writer, 3, 'dormouse');
    expect(found(directory, 'bison').rows).toEqual([idOf(2)]);
    followAll(following);
    expect(told.slice(2)).toEqual([idOf(2), idOf(3)]);
    expect(found(directory, 'bison')).toEqual({ rows: [], text: [] });
    expect(found(directory, 'cormorant')).toEqual({ rows: [idOf(2)], text: [idOf(2)] });

    // Joined into another run: it is no run of its own any more, before the other is assembled and after.
    writer.transaction(() => {
      writer.putSpan(makeSpan({ traceId: traceOf(1), spanId: spanOf(11) }), group);
      expect(writer.putSpan(makeSpan({ traceId: traceOf(2), spanId: spanOf(12) }), group).joined).toEqual([idOf(2)]);
    });
    followAll(following);
    expect(found(directory, 'cormorant')).toEqual({ rows: [], text: [] });
    writer.transaction(() => writer.replaceSteps(assembled(1, ['alpaca', 'cormorant'])));
    followAll(following);
    expect(found(directory, 'cormorant')).toEqual({ rows: [idOf(1)], text: [idOf(1)] });
    expect(found(directory, 'dormouse')).toEqual({ rows: [idOf(3)], text: [idOf(3)] });

    const reader = openLibraryReader({ directory });
    const ofFirst = ['alpaca', 'cormorant'].map((step) => ({ name: 'run1', step, tokens: 100 }));
    expect(keptRows(reader, stepNames(), idOf(1))).toEqual({ rows: ofFirst, behind: false });
    // The id that the run had before leads to the one that it is part of.
    expect(keptRows(reader, stepNames(), idOf(2))).toEqual({ rows: ofFirst, behind: false });
    put(writer, 4, 'eland');
    expect(keptRows(reader, stepNames(), idOf(4))).toEqual({ rows: [], behind: true });
    reader.close();
    following.close();
    writer.close();
  }));

test('what a follower keeps is made anew by another version, a damaged or deleted file, and on demand', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    put(writer, 1, 'alpaca');
    put(writer, 2, 'bison');
    const told: string[] = [];
    const file = followerFile(directory, 'step-names');
    const follow = (version: number, meanwhile?: (following: Followers) => void): number => {
      told.length = 0;
      const following = openFollowers({
        directory,
        followers: [...followers, stepNames((runId) => told.push(runId), version)],
      });
      followAll(following);
      meanwhile?.(following);
      expect(following.problems()).toEqual([]);
      following.close();
      return told.length;
    };
    expect(follow(1)).toBe(2);
    expect(follow(1)).toBe(0);
    expect(follow(2)).toBe(2);
    // A program that is older than what it finds does not take it for its own.
    expect(follow(1)).toBe(2);
    rmSync(file);
    expect(follow(1)).toBe(2);
    writeFileSync(file, 'rubbish '.repeat(5_000));
    expect(follow(1)).toBe(2);
    expect(
      follow(1, (following) => {
        following.rebuild('step-names');
        expect([following.behind('step-names'), following.behind('search')]).toEqual([true, false]);
        followAll(following);
        following.rebuild('search');
        expect(found(directory, 'bison')).toEqual({ rows: [idOf(2)], text: [] });
        followAll(following);
      }),
    ).toBe(2);
    expect(found(directory, 'bison')).toEqual({ rows: [idOf(2)], text: [idOf(2)] });
    expect(() => follow(1, (following) => following.rebuild('nobody'))).toThrow('There is no follower nobody');
    writer.close();
  }));

// Windows does not let an open file be deleted.
test.skipIf(process.platform === 'win32')(
  'a file that is deleted under way is made anew, for those who read it too',
  () =>
    withDirectory((directory) => {
      const writer = openLibraryWriter({ directory });
      put(writer, 1, 'alpaca');
      const following = openFollowers({ directory, followers: [...followers, stepNames()] });
      const reader = openLibraryReader({ directory });
      const seen = () => [
        findKeptRows(reader, stepNames(), {}, 10).length,
        hitsOf(reader, 'alpaca').length,
        runTotals(reader, { text: 'alpaca' }).runs,
      ];
      followAll(following);
      expect(seen()).toEqual([1, 1, 1]);
      for (const id of ['step-names', 'search'])
        for (const suffix of ['', '-wal', '-shm']) rmSync(`${followerFile(directory, id)}${suffix}`);
      put(writer, 2, 'alpaca');
      followAll(following);
      expect(seen()).toEqual([2, 2, 2]);
      for (const open of [following, reader, writer]) open.close();
    }),
);

test('the rows of one library are not taken for those of another', () =>
  withDirectory((directory) =>
    withDirectory((other) => {
      for (const [place, word] of [
        [directory, 'alpaca'],
        [other, 'bison'],
      ] as const) {
        const writer = openLibraryWriter({ directory: place });
        put(writer, 1, word);
        writer.close();
      }
      const followIn = (place: string): void => {
        const following = openFollowers({ directory: place, followers: [...followers, stepNames()] });
        followAll(following);
        following.close();
      };
      followIn(directory);
      rmSync(followerFile(directory, 'library'));
      const library = openLibraryWriter({ directory });
      put(library, 1, 'bison');
      library.close();
      expect(found(directory, 'alpaca')).toEqual({ rows: [], text: [] });
      followIn(directory);
      expect([found(directory, 'alpaca'), found(directory, 'bison')]).toEqual([
        { rows: [], text: [] },
        { rows: [idOf(1)], text: [idOf(1)] },
      ]);
    }),
  ));

test(
  'killed again and again, it goes on where it was: nothing is missed, and what was kept is not done again',
  () =>
    withDirectory((directory) => {
      const runs = 24;
      const killAt = 5;
      const writer = openLibraryWriter({ directory });
      // Words of one length: a search also finds what begins with its last word.
      for (let run = 1; run <= runs; run++) put(writer, run, `word${100 + run}`);
      for (let round = 0; round < 4; round++) {
        const killed = spawnSync(
          process.execPath,
          [new URL('follower-process.testing.ts', import.meta.url).pathname, directory, String(killAt)],
          { encoding: 'utf8' },
        );
        expect([killed.signal, killed.stderr]).toEqual(['SIGKILL', '']);
      }
      const reader = openLibraryReader({ directory });
      // Each process kept what it had finished: the run in whose middle it died is the next one's first.
      const kept = 4 * (killAt - 1);
      expect(findKeptRows(reader, stepNames(), {}, 100)).toHaveLength(kept);
      const told: string[] = [];
      const following = openFollowers({ directory, followers: [...followers, stepNames((runId) => told.push(runId))] });
      followAll(following);
      expect(told).toEqual(Array.from({ length: runs - kept }, (_, index) => idOf(kept + index + 1)));
      for (let run = 1; run <= runs; run++)
        expect(found(directory, `word${100 + run}`)).toEqual({ rows: [idOf(run)], text: [idOf(run)] });
      following.close();
      reader.close();
      writer.close();
    }),
  120_000,
);

test('one that throws at a run passes over it and says so; the others do not notice', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    for (const run of [1, 2, 3]) put(writer, run, `word${run}`);
    let broken: string | undefined = idOf(2);
    const fragile = stepNames((runId) => {
      if (runId === broken) throw new Error('two is not my number');
    });
    const start = (): Followers => openFollowers({ directory, followers: [fragile, ...followers] });
    let following = start();
    followAll(following);
    const problem = 'The table of step names is not whole: one run is left out (two is not my number).';
    expect([following.problems(), following.behind('step-names')]).toEqual([[problem], false]);
    expect([1, 2, 3].map((run) => found(directory, `word${run}`))).toEqual([
      { rows: [idOf(1)], text: [idOf(1)] },
      { rows: [], text: [idOf(2)] },
      { rows: [idOf(3)], text: [idOf(3)] },
    ]);
    following.close();

    // Tried once more with each start, and whenever the run changes.
    following = start();
    expect(following.work(1_000).next).toBe('more');
    expect(following.problems()).toEqual([problem]);
    broken = undefined;
    put(writer, 2, 'mended');
    followAll(following);
    expect(following.problems()).toEqual([]);
    expect(found(directory, 'mended')).toEqual({ rows: [idOf(2)], text: [idOf(2)] });

    // A run that was passed over, mended by a newer program: the start looks at it again, and how far it got stays.
    broken = idOf(3);
    put(writer, 3, 'late');
    followAll(following);
    following.close();
    broken = undefined;
    put(writer, 1, 'first');
    put(writer, 3, 'later');
    following = start();
    followAll(following);
    expect(['first', 'later'].map((word) => found(directory, word).rows)).toEqual([[idOf(1)], [idOf(3)]]);
    following.close();
    writer.close();
  }));

test('one that cannot begin, or gives rows that its table does not take, stops no other', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    for (const run of [1, 2]) put(writer, run, `word${run}`);
    let begins = false;
    const late = stepNames();
    const hesitant: Follower = {
      ...late,
      start(place) {
        if (!begins) throw new Error('not yet');
        return late.start(place);
      },
    };
    const halves = followRuns({
      id: 'halves',
      label: 'the table of halves',
      version: 1,
      columns: { half: 'integer' },
      *rows(runId) {
        yield { half: runId === idOf(1) ? 0.5 : 2 };
      },
    });
    const following = openFollowers({ directory, followers: [hesitant, halves, ...followers], retryMs: 1e9 });
    following.look();
    while (following.work(1_000).next === 'more');
    expect(following.work(1_000)).toEqual({ followed: 0, next: 'later' });
    expect(following.problems()).toEqual([
      'The table of step names is behind, and is tried again: not yet. Nothing of the library is lost by it.',
      expect.stringMatching(/^The table of halves is not whole: one run is left out \(.+\)\.$/) as string,
    ]);
    expect(found(directory, 'word2').text).toEqual([idOf(2)]);
    const reader = openLibraryReader({ directory });
    expect(findKeptRows(reader, halves, {}, 10)).toEqual([{ runId: idOf(2), row: { half: 2 } }]);
    reader.close();
    following.close();

    const again = openFollowers({ directory, followers: [hesitant, ...followers], retryMs: 0 });
    again.work(1_000);
    expect(again.problems()).toHaveLength(1);
    begins = true;
    followAll(again);
    expect(again.problems()).toEqual([]);
    expect(found(directory, 'word2').rows).toEqual([idOf(2)]);
    again.close();
    writer.close();
  }));

test('one that takes long gives the others their turn, and a search its own, in the middle of a run', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    put(writer, 1, 'alpaca');
    let pauses = 0;
    const endless = followRuns({
      id: 'endless',
      label: 'the endless table',
      version: 1,
      columns: {},
      *rows() {
        for (;;) {
          pauses++;
          yield undefined;
        }
      },
    });
    const following = openFollowers({ directory, followers: [endless, ...followers] });
    // Ever two turns: one of each.
    for (let turn = 0; turn < 40; turn++) expect(following.work(0).next).toBe('more');
    expect([following.behind('endless'), following.behind('search')]).toEqual([true, false]);
    // The others have a turn each as long as they are behind: 19 were left on a busy machine.
    expect(pauses).toBeGreaterThan(10);
    expect(found(directory, 'alpaca').text).toEqual([idOf(1)]);
    following.close();
    writer.close();
  }));

test('followers have ids and columns of their own', () =>
  withDirectory((directory) => {
    openLibraryWriter({ directory }).close();
    for (const id of ['library', '../elsewhere', 'search'])
      expect(() => openFollowers({ directory, followers: [...followers, { ...stepNames(), id }] })).toThrow(
        'ids of their own',
      );
    for (const name of ['run', 'seq', 'a"b', ''])
      expect(() =>
        followRuns({ id: 'x', label: 'x', version: 1, columns: { [name]: 'text' }, rows: () => [] }),
      ).toThrow('cannot have a column');
  }));
