import { describe, expect, it } from 'vitest';
import { stepTableOf } from '../step-table-builder.ts';
import { firstShownChild, firstStep, lastStep, shownParent, siblingFrom, stepFrom } from './step-navigation.ts';
import { buildStepTree, buildTimelineRows } from './timeline-rows.ts';
import type { RowOptions } from './timeline-rows.ts';

const table = stepTableOf([
  { kind: 'agent', name: 'root' },
  { kind: 'llm', name: 'a', parent: 0 },
  { kind: 'tool', name: 'b', parent: 0, status: 'error' },
  { kind: 'http', name: 'c', parent: 0, hidden: true },
  { kind: 'agent', name: 'sub', parent: 0 },
  { kind: 'llm', name: 'd', parent: 4, status: 'error' },
  { kind: 'llm', name: 'e', parent: 0 },
]);
const tree = buildStepTree(table);
const options: RowOptions = {
  collapsed: new Set(),
  showHidden: false,
  openFolds: new Set(),
  kinds: undefined,
  text: '',
  window: undefined,
};
const all = buildTimelineRows(table, tree, options);

describe('step navigation', () => {
  it('goes step by step, past folds, and stops at the ends', () => {
    expect(stepFrom(all, table, 2, 1, 'step')).toBe(4);
    expect(stepFrom(all, table, 4, -1, 'step')).toBe(2);
    expect(stepFrom(all, table, 6, 1, 'step')).toBeUndefined();
    expect(stepFrom(all, table, undefined, 1, 'step')).toBe(0);
    expect(stepFrom(all, table, undefined, -1, 'step')).toBe(6);
    expect(firstStep(all, table)).toBe(0);
    expect(lastStep(all, table)).toBe(6);
  });

  it('jumps to llm steps and to errors', () => {
    expect(stepFrom(all, table, 1, 1, 'llm')).toBe(5);
    expect(stepFrom(all, table, 6, -1, 'llm')).toBe(5);
    expect(stepFrom(all, table, 0, 1, 'error')).toBe(2);
    expect(stepFrom(all, table, 5, 1, 'error')).toBeUndefined();
  });

  it('stays within the filter: a step that only shows the way is passed over', () => {
    const llm = buildTimelineRows(table, tree, { ...options, kinds: new Set(['llm']) });
    expect(stepFrom(llm, table, 1, 1, 'step')).toBe(5);
    expect(stepFrom(llm, table, 1, -1, 'step')).toBeUndefined();
    expect(stepFrom(llm, table, 1, 1, 'error')).toBe(5);
  });

  it('starts from where a step without a row would be', () => {
    const llm = buildTimelineRows(table, tree, { ...options, kinds: new Set(['llm']) });
    expect(stepFrom(llm, table, 2, 1, 'step')).toBe(5);
    expect(stepFrom(llm, table, 2, -1, 'step')).toBe(1);
    expect(stepFrom(all, table, 3, 1, 'step')).toBe(4);
    expect(stepFrom(all, table, 3, -1, 'step')).toBe(2);
  });

  it('knows siblings, shown parents and first children', () => {
    expect(siblingFrom(all, 2, 1)).toBe(4);
    expect(siblingFrom(all, 4, 1)).toBe(6);
    expect(siblingFrom(all, 6, -1)).toBe(4);
    expect(siblingFrom(all, 5, 1)).toBeUndefined();
    expect(shownParent(all, tree, 5)).toBe(4);
    expect(shownParent(all, tree, 0)).toBeUndefined();
    expect(firstShownChild(all, 4)).toBe(5);
    expect(firstShownChild(all, 5)).toBeUndefined();
  });
});
