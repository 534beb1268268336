import { expect, test } from 'vitest';
import { runGroupings } from '../../../../shared/location.ts';
import type { RunGrouping } from '../../../../shared/location.ts';
import { nanos, runId } from '../../../../shared/model/units.ts';
import type { AssembledRun } from '../../telemetry/step-facts.ts';
import { openLibraryReader, openLibraryWriter } from '../open-library.ts';
import type { LibraryReader } from '../reader.ts';
import { putRun } from '../runs.testing.ts';
import { traceOf, withDirectory } from '../telemetry.testing.ts';
import { groupRuns } from './grouped-runs.ts';
import { listRuns, runTotals } from './run-list.ts';

const dayNs = 86_400_000_000_000n;
const idOf = (number: number) => runId(traceOf(number));

const runs: readonly Partial<AssembledRun>[] = [
  { agent: 'coder', conversationId: 'one', costUsd: 1 },
  { agent: 'coder', conversationId: 'one', costUsd: undefined, unpricedCalls: 2, usage: {} },
  { agent: 'planner', errors: 3, startNs: nanos(1_780_000_000_000_000_000n + 2n * dayNs) },
  { agent: undefined, startNs: nanos(946_684_800_000_000_000n), endNs: nanos(946_684_801_000_000_000n) },
  { agent: 'coder', parentRunId: idOf(1), costUsd: 4 },
  { agent: 'coder', parentRunId: idOf(5) },
  { agent: 'coder', parentRunId: idOf(77) },
  // In a circle.
  { agent: 'circle', parentRunId: idOf(9) },
  { agent: 'circle', parentRunId: idOf(8) },
];

const withRuns = (work: (reader: LibraryReader) => void) =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    runs.forEach((run, at) => writer.transaction(() => void putRun(writer, at + 1, run)));
    const reader = openLibraryReader({ directory });
    work(reader);
    reader.close();
    writer.close();
  });

const groupsBy = (reader: LibraryReader, by: RunGrouping, limit = 100) =>
  groupRuns(reader, { filter: {}, by, sort: 'started', descending: true, limit });

test('whatever they are grouped by: the groups hold every run once, and add up to the total', () =>
  withRuns((reader) => {
    const total = runTotals(reader, {});
    for (const by of runGroupings) {
      const { groups, more } = groupsBy(reader, by);
      expect(more).toBe(0);
      const sum = (read: (group: (typeof groups)[number]) => number | undefined) =>
        groups.reduce((all, group) => all + (read(group) ?? 0), 0);
      expect([
        sum(({ runs: count }) => count),
        sum(({ costUsd }) => costUsd),
        sum(({ unpricedCalls }) => unpricedCalls),
        sum(({ usage }) => usage.input),
        sum(({ errors }) => errors),
      ]).toEqual([total.runs, total.costUsd, total.unpricedCalls, total.usage.input, total.errors]);
      const listed = groups.map(({ key, runs: count }) => {
        const group = { by, ...(key === undefined ? {} : { key }) };
        const page = listRuns(reader, { filter: {}, sort: 'started', descending: true, limit: 100, group });
        expect(page.runs).toHaveLength(count);
        return page.runs.map(({ id }) => id);
      });
      expect(new Set(listed.flat()).size).toBe(runs.length);
    }
  }));

test('agents by their newest run, with what is known of their money; runs without one come last', () =>
  withRuns((reader) => {
    const { groups } = groupsBy(reader, 'agent');
    expect(groups.map(({ key, label, runs: count, newestName }) => [key, label, count, newestName])).toEqual([
      ['planner', 'planner', 1, 'run 3'],
      ['circle', 'circle', 2, 'run 9'],
      ['coder', 'coder', 5, 'run 7'],
      [undefined, undefined, 1, 'run 4'],
    ]);
    expect(groups[2]).toMatchObject({ costUsd: 6, unpricedCalls: 2 });
    const dearest = groupRuns(reader, { filter: {}, by: 'agent', sort: 'cost', descending: true, limit: 1 });
    expect([dearest.groups.map(({ key }) => key), dearest.more]).toEqual([['coder'], 3]);
    expect(
      groupRuns(reader, { filter: { agents: ['planner'] }, by: 'agent', sort: 'started', descending: true, limit: 5 })
        .groups,
    ).toHaveLength(1);
  }));

test('a take tree is a group of its first run; takes of runs that are not here, and in a circle, are in none', () =>
  withRuns((reader) => {
    const { groups } = groupsBy(reader, 'takes');
    expect(groups.map(({ key, label, runs: count }) => [key, label, count])).toEqual([
      [idOf(1), 'run 1', 3],
      [undefined, undefined, 6],
    ]);
  }));

test('conversations and days: a run without times has no day', () =>
  withRuns((reader) => {
    expect(groupsBy(reader, 'conversation').groups.map(({ key, runs: count }) => [key, count])).toEqual([
      ['one', 2],
      [undefined, 7],
    ]);
    const { groups } = groupsBy(reader, 'day');
    expect(groups.map(({ key, runs: count }) => [key?.length, count])).toEqual([
      [10, 1],
      [10, 7],
      [undefined, 1],
    ]);
    const [latest, former] = groups.map(({ key }) => Date.parse(key ?? ''));
    expect(((latest ?? 0) - (former ?? 0)) / 86_400_000).toBe(2);
  }));
