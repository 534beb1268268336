import { expect, it } from 'vitest';
import { completeLayout, defaultLayout, moveColumn } from './column-layout.ts';

it('completes a layout of another version', () => {
  const layout = completeLayout({
    order: ['cost', 'gone', 'name', 'cost'],
    visibility: { status: false, agent: false, gone: true },
    sizing: { name: 300, gone: 10 },
  });
  expect(layout.order[0]).toBe('status');
  expect(layout.order.indexOf('cost')).toBeLessThan(layout.order.indexOf('name'));
  expect(layout.order.toSorted()).toEqual([...defaultLayout.order].toSorted());
  expect(layout.visibility).toMatchObject({ status: true, agent: false, errors: false, name: true });
  expect(layout.sizing).toEqual({ name: 300 });
});

it('moves a column before another, or to the end', () => {
  expect(moveColumn(['a', 'b', 'c'], 'c', 'a')).toEqual(['c', 'a', 'b']);
  expect(moveColumn(['a', 'b', 'c'], 'a', undefined)).toEqual(['b', 'c', 'a']);
  expect(moveColumn(['a', 'b', 'c'], 'a', 'nowhere')).toEqual(['a', 'b', 'c']);
});

it('fits the smallest window: 1100 px less the rail and a scroll bar', async () => {
  const { runColumns } = await import('./run-columns.tsx');
  const sum = runColumns.filter((column) => column.hidden !== true).reduce((total, column) => total + column.size, 0);
  expect(sum).toBeLessThanOrEqual(1_100 - 52 - 12);
});
