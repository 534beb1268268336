import { expect, it } from 'vitest';
import type { DiffBlock, PairDifference } from '../../../../shared/model/comparison.ts';
import { differingGroups, ignoredWords } from './pair-blocks.ts';
import { sideNames } from './step-figures.ts';

const block = (title: string, change: DiffBlock['change']): DiffBlock => ({
  title,
  part: 'text',
  change,
  removedLines: 0,
  addedLines: 0,
  lines: [],
  detail: 'words',
});

const difference: PairDifference = {
  a: { runId: 'x', index: 1 },
  b: { runId: 'y', index: 1 },
  differs: ['output', 'error', 'tools'],
  ignored: [],
  input: { same: false, shared: 3, isAllTold: true, blocks: [block('question', 'same'), block('note', 'added')] },
  output: [block('answer', 'changed'), block('reasoning', 'ignored')],
  error: block('error', 'added'),
  result: block('result', 'same'),
  model: {},
  parameters: [],
  tools: [block('tool', 'removed')],
  attributes: [],
  notices: [],
};

it('what differs stands in the order of its weight, and nothing that is the same', () => {
  expect(differingGroups(difference).map((group) => [group.title, ...group.blocks.map((one) => one.title)])).toEqual([
    ['Error', 'error'],
    ['Answer', 'answer'],
    ['Messages in the context', 'note'],
    ['Offered tools', 'tool'],
  ]);
});

it('where a take was changed, the change stands before what came of it', () => {
  expect(differingGroups(difference, true).map(({ title }) => title)).toEqual([
    'Messages in the context',
    'Error',
    'Answer',
    'Offered tools',
  ]);
});

it('the tools of a step that the other run has not are no difference', () => {
  const { a: _left, ...alone } = difference;
  expect(differingGroups(alone).map((group) => group.title)).toEqual(['Error', 'Answer', 'Messages in the context']);
});

it('names what was ignored by the titles of the rules and the reader’s own keys', () => {
  expect(ignoredWords(['ids', 'key:meta.updated', 'unheard-of'], new Map([['ids', 'Ids']]))).toBe(
    'Ids, the key meta.updated, unheard-of',
  );
});

it('runs of one take tree are called by their take, others by what tells them apart', () => {
  const family = ['x', 'y', 'z'].map((id) => ({ id, name: id, status: 'ok' as const, startedAt: 0 }));
  const names = (a: string, b: string, older = family) => sideNames({ id: a, family: older }, { id: b, family });
  expect(names('x', 'z')).toEqual({ a: 'take 1', b: 'take 3' });
  expect(names('x', 'other')).toEqual({ a: 'run x', b: 'run other' });
  expect(names('x', 'x')).toEqual({ a: 'before', b: 'now' });
  // Read before the other take was there.
  expect(names('x', 'z', family.slice(0, 1))).toEqual({ a: 'take 1', b: 'take 3' });

  const run = {
    id: 'a',
    family: [],
    name: 'fix',
    agent: 'Claude Code',
    models: ['sonnet'],
    startedAt: 1_790_000_000_000,
  };
  const other = { ...run, id: 'b' };
  expect(sideNames(run, { ...other, models: ['haiku'] })).toEqual({ a: 'sonnet', b: 'haiku' });
  expect(sideNames(run, { ...other, agent: 'Codex' })).toEqual({ a: 'Claude Code', b: 'Codex' });
  const long = sideNames(run, { ...other, name: 'There is a failing test in this repo' });
  expect(long).toEqual({ a: '“fix”', b: '“There is a failing te…”' });
  expect(sideNames(run, { ...other, startedAt: run.startedAt + 61_000 }).a).toMatch(/^the run of \d\d:\d\d:\d\d$/);
  expect(sideNames(run, other)).toEqual({ a: 'run a', b: 'run b' });
});
