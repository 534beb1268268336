import { describe, expect, it } from 'vitest';
import { stepTableOf } from '../step-table-builder.ts';
import type { StepShape } from '../step-table-builder.ts';
import { ancestorsOf, buildStepTree, buildTimelineRows } from './timeline-rows.ts';
import type { RowOptions, TimelineRow } from './timeline-rows.ts';

const options: RowOptions = {
  collapsed: new Set(),
  showHidden: false,
  openFolds: new Set(),
  kinds: undefined,
  text: '',
  window: undefined,
};

/** agent › wrapper(hidden) › llm, tool, two hidden http in a row, sub-agent › llm(error) */
const steps: readonly StepShape[] = [
  { kind: 'agent', name: 'researcher', start: 0, duration: 100 },
  { kind: 'chain', name: 'generateText', parent: 0, start: 0, duration: 30, hidden: true },
  { kind: 'llm', name: 'gpt-5.1', parent: 1, start: 0, duration: 30 },
  { kind: 'tool', name: 'bash', parent: 0, start: 30, duration: 20, preview: 'npm test' },
  { kind: 'http', name: 'POST', parent: 0, start: 50, duration: 2, hidden: true },
  { kind: 'http', name: 'POST', parent: 0, start: 52, duration: 2, hidden: true, status: 'error' },
  { kind: 'agent', name: 'bisect', parent: 0, start: 60, duration: 40 },
  { kind: 'llm', name: 'haiku', parent: 6, start: 60, duration: 10, status: 'error' },
];

function show(rows: readonly TimelineRow[]): readonly string[] {
  return rows.map((row) =>
    row.type === 'step'
      ? `${' '.repeat(row.level - 1)}${row.index}${row.matches ? '' : '?'}`
      : `${' '.repeat(row.level - 1)}${row.count} hidden`,
  );
}

function view(shape: readonly StepShape[], change: Partial<RowOptions> = {}) {
  const table = stepTableOf(shape);
  return buildTimelineRows(table, buildStepTree(table), { ...options, ...change });
}

describe('timeline rows', () => {
  it('puts steps in tree order; a hidden wrapper gives way to its children; hidden leaves fold into one row', () => {
    const { rows, hiddenSteps } = view(steps);
    expect(show(rows)).toEqual(['0', ' 2', ' 3', ' 2 hidden', ' 6', '  7']);
    expect(rows[3]).toEqual({ type: 'fold', first: 4, count: 2, errors: 1, level: 2, open: false });
    expect(hiddenSteps).toBe(3);
  });

  it('shows hidden steps in their place when asked', () => {
    expect(show(view(steps, { showHidden: true }).rows)).toEqual(['0', ' 1', '  2', ' 3', ' 4', ' 5', ' 6', '  7']);
  });

  it('opens one fold with all steps in it, a level deeper, and goes on after it', () => {
    const { rows } = view(steps, { openFolds: new Set([4]) });
    expect(show(rows)).toEqual(['0', ' 2', ' 3', ' 2 hidden', '  4', '  5', ' 6', '  7']);
    expect(rows[3]).toMatchObject({ open: true });
  });

  it('counts what lies inside a hidden subtree', () => {
    const { rows } = view([
      { kind: 'llm', name: 'm' },
      { kind: 'http', name: 'a', parent: 0, hidden: true },
      { kind: 'http', name: 'b', parent: 1, hidden: true },
      { kind: 'http', name: 'c', parent: 2, hidden: true, status: 'error' },
    ]);
    expect(rows[1]).toMatchObject({ type: 'fold', count: 3, errors: 1 });
  });

  it('gives one or two hidden steps no row, and their parent nothing to expand; the count still names them', () => {
    const { rows, hiddenSteps } = view([
      { kind: 'llm', name: 'a' },
      { kind: 'http', name: 'x', parent: 0, hidden: true },
      { kind: 'http', name: 'y', parent: 0, hidden: true },
      { kind: 'llm', name: 'b' },
    ]);
    expect(rows).toEqual([
      { type: 'step', index: 0, level: 1, expandable: false, expanded: false, matches: true },
      { type: 'step', index: 3, level: 1, expandable: false, expanded: false, matches: true },
    ]);
    expect(hiddenSteps).toBe(2);
  });

  it('makes one fold of hidden steps that no row stands between, whatever wraps them', () => {
    const { rows } = view([
      { kind: 'other', name: 'a', hidden: true },
      { kind: 'other', name: 'b', parent: 0, hidden: true },
      { kind: 'other', name: 'c', parent: 0, hidden: true },
      { kind: 'chain', name: 'wrapper', hidden: true },
      { kind: 'other', name: 'd', parent: 3, hidden: true },
      { kind: 'llm', name: 'm', parent: 3 },
    ]);
    expect(show(rows)).toEqual(['4 hidden', '5']);
  });

  it('collapses', () => {
    const { rows, rowOfStep } = view(steps, { collapsed: new Set([6]) });
    expect(show(rows)).toEqual(['0', ' 2', ' 3', ' 2 hidden', ' 6']);
    expect(rows[4]).toMatchObject({ expandable: true, expanded: false });
    expect(rowOfStep[7]).toBe(-1);
    expect(rowOfStep[6]).toBe(4);
  });

  it('filters by kind, keeps the way to each match, and lets a filter win over collapsing', () => {
    const { rows, matchingSteps, filtered } = view(steps, { kinds: new Set(['llm']), collapsed: new Set([0, 6]) });
    expect(show(rows)).toEqual(['0?', ' 2', ' 6?', '  7']);
    expect(matchingSteps).toBe(2);
    expect(filtered).toBe(true);
  });

  it('filters by words that occur anywhere in a step, in any case', () => {
    expect(show(view(steps, { text: 'BASH test' }).rows)).toEqual(['0?', ' 3']);
    expect(view(steps, { text: 'bash absent' }).rows).toEqual([]);
  });

  it('says how many matches are hidden', () => {
    expect(view(steps, { text: 'POST' })).toMatchObject({ matchingSteps: 2, matchingHidden: 2, rows: [] });
    expect(show(view(steps, { text: 'POST', showHidden: true }).rows)).toEqual(['0?', ' 4', ' 5']);
  });

  it('keeps only what happens inside the zoom window', () => {
    expect(show(view(steps, { window: { from: 35, to: 45 } }).rows)).toEqual(['0', ' 3']);
    expect(show(view(steps, { window: { from: 61, to: 65 } }).rows)).toEqual(['0', ' 6', '  7']);
  });

  it('treats a step that has not ended as reaching to the end of what is known', () => {
    const { rows } = view(
      [
        { kind: 'llm', name: 'm', start: 5, duration: -1 },
        { kind: 'tool', name: 't', start: 0, duration: 100 },
      ],
      { window: { from: 90, to: 95 } },
    );
    expect(show(rows)).toEqual(['0', '1']);
  });

  it('survives parents that loop, point at themselves or are missing', () => {
    const { rows } = view([
      { kind: 'llm', name: 'a', parent: 1 },
      { kind: 'llm', name: 'b', parent: 0 },
      { kind: 'llm', name: 'c', parent: 2 },
      { kind: 'llm', name: 'd', parent: 99 },
    ]);
    expect(
      rows
        .filter((row) => row.type === 'step')
        .map((row) => row.index)
        .toSorted((a, b) => a - b),
    ).toEqual([0, 1, 2, 3]);
  });

  it('holds 20,000 steps, each inside the one before, without the call stack', () => {
    const deep: StepShape[] = Array.from({ length: 20_000 }, (_, index) => ({
      kind: 'chain' as const,
      name: 'x',
      parent: index - 1,
    }));
    const { rows } = view(deep);
    expect(rows).toHaveLength(20_000);
    expect(rows.at(-1)).toMatchObject({ level: 20_000 });
  });

  it('lists ancestors, nearest first', () => {
    expect(ancestorsOf(buildStepTree(stepTableOf(steps)), 2)).toEqual([1, 0]);
  });
});
