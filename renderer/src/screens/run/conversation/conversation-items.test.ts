import { describe, expect, it } from 'vitest';
import { stepTableOf } from '../step-table-builder.ts';
import { buildStepTree, buildTimelineRows } from '../timeline/timeline-rows.ts';
import type { RowOptions } from '../timeline/timeline-rows.ts';
import { buildConversation } from './conversation-items.ts';

const options: RowOptions = {
  collapsed: new Set(),
  showHidden: false,
  openFolds: new Set(),
  kinds: undefined,
  text: '',
  window: undefined,
};

describe('conversation', () => {
  const table = {
    ...stepTableOf([
      { kind: 'agent', name: 'root' },
      { kind: 'llm', name: 'a', parent: 0 },
      { kind: 'tool', name: 'read', parent: 0 },
      { kind: 'tool', name: 'read', parent: 0 },
      { kind: 'tool', name: 'bash', parent: 0 },
      { kind: 'http', name: 'x', parent: 0, hidden: true, status: 'error' },
      { kind: 'agent', name: 'sub', parent: 0 },
      { kind: 'llm', name: 'b', parent: 6 },
    ]),
    parallelGroup: [-1, -1, 1, 1, 2, -1, -1, -1],
  };
  const rows = buildTimelineRows(table, buildStepTree(table), options);

  it('begins with what the frame around everything was asked, and puts tools that ran at once side by side', () => {
    const { items, itemOfStep } = buildConversation(table, rows);
    expect(
      items.map((item) =>
        item.type === 'parallel'
          ? item.rows.map((row) => row.index)
          : item.type === 'fold'
            ? `${item.row.count} hidden`
            : item.row.index,
      ),
    ).toEqual([0, 1, [2, 3], 4, '1 hidden', 6, 7]);
    expect(Array.from(itemOfStep)).toEqual([0, 1, 2, 2, 3, -1, 5, 6]);
  });

  it('follows the filter of the timeline', () => {
    const llm = buildTimelineRows(table, buildStepTree(table), { ...options, kinds: new Set(['llm']) });
    expect(
      buildConversation(table, llm).items.map((item) => (item.type === 'step' ? item.row.index : item.type)),
    ).toEqual(['task', 1, 6, 7]);
  });
});
