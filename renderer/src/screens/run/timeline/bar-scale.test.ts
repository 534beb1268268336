import { describe, expect, it } from 'vitest';
import { stepTableOf } from '../step-table-builder.ts';
import { barOf, barScale, barTicks, nextBarSize } from './bar-scale.ts';
import { clampWindow, panWindow, zoomWindow } from './time-window.ts';
import type { TimelineRow } from './timeline-rows.ts';

const table = stepTableOf([
  { kind: 'agent', name: 'root', start: 0, duration: 1_000, input: 900, output: 100, usageRole: 'rollup' },
  { kind: 'llm', name: 'a', start: 100, duration: 300, input: 400, output: 100, costUsd: 0.02 },
  { kind: 'llm', name: 'b', start: 500, duration: 500, input: 200, costUsd: 0.01 },
]);
const rows: TimelineRow[] = [0, 1, 2].map((index) => ({
  type: 'step',
  index,
  level: 1,
  expandable: false,
  expanded: false,
  matches: true,
}));

describe('bars', () => {
  it('places a bar by time within the window', () => {
    expect(barOf(barScale('time', table, rows, undefined), table, 1)).toEqual({
      left: 0.1,
      width: expect.closeTo(0.3),
      openLeft: false,
      openRight: false,
    });
    const zoomed = barScale('time', table, rows, { from: 200, to: 600 });
    expect(barOf(zoomed, table, 1)).toEqual({ left: 0, width: 0.5, openLeft: true, openRight: false });
    expect(barOf(zoomed, table, 2)).toEqual({ left: 0.75, width: 0.25, openLeft: false, openRight: true });
  });

  it('sizes by tokens and cost against the largest step that counts, not against a total restated by a parent', () => {
    const tokens = barScale('tokens', table, rows, undefined);
    expect(tokens.to).toBe(500);
    expect(barOf(tokens, table, 2)).toMatchObject({ left: 0, width: 0.4 });
    expect(barOf(tokens, table, 0)).toMatchObject({ width: 1, openRight: true });
    expect(barOf(barScale('cost', table, rows, undefined), table, 2)?.width).toBe(0.5);
    expect(barOf(barScale('cost', table, rows, undefined), table, 0)).toBeUndefined();
    expect([nextBarSize('time'), nextBarSize('tokens'), nextBarSize('cost')]).toEqual(['tokens', 'cost', 'time']);
  });

  it('draws neither bars nor ticks of time where the file has no times', () => {
    const timeless = {
      ...stepTableOf([
        { kind: 'agent', name: 'root', start: 0, duration: -2 },
        { kind: 'llm', name: 'a', start: 1, duration: -2, input: 400 },
      ]),
      startedAt: 946_684_800_000,
    };
    const scale = barScale('time', timeless, rows.slice(0, 2), undefined);
    expect([barOf(scale, timeless, 0), barOf(scale, timeless, 1), barTicks(scale, 4)]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    expect(barOf(barScale('tokens', timeless, rows.slice(0, 2), undefined), timeless, 1)?.width).toBe(1);
    // A run with a date and one step whose duration is not in the file.
    const partly = stepTableOf([
      { kind: 'llm', name: 'a', start: 0, duration: 100 },
      { kind: 'tool', name: 't', start: 50, duration: -2 },
    ]);
    expect(barOf(barScale('time', partly, [], undefined), partly, 1)).toBeUndefined();
  });

  it('ticks time as a clock does', () => {
    expect(barTicks({ size: 'time', from: 0, to: 108_000 }, 4).map((tick) => tick.value)).toEqual([
      0, 30_000, 60_000, 90_000,
    ]);
    expect(barTicks({ size: 'time', from: 61_000, to: 69_000 }, 4).map((tick) => tick.value)).toEqual([
      62_000, 64_000, 66_000, 68_000,
    ]);
    expect(barTicks({ size: 'time', from: 0, to: 0 }, 4)).toEqual([]);
    expect(barTicks({ size: 'tokens', from: 0, to: 33_200 }, 3).map((tick) => tick.value)).toEqual([
      0, 10_000, 20_000, 30_000,
    ]);
  });
});

describe('time window', () => {
  it('stays inside the run and becomes the whole run when it holds it', () => {
    expect(clampWindow({ from: -50, to: 50 }, 1_000)).toEqual({ from: 0, to: 100 });
    expect(clampWindow({ from: 900, to: 700 }, 1_000)).toEqual({ from: 700, to: 900 });
    expect(clampWindow({ from: 0, to: 1_000 }, 1_000)).toBeUndefined();
    expect(clampWindow({ from: 0, to: 10 }, 0)).toBeUndefined();
  });

  it('zooms about a moment and pans by a share of itself', () => {
    expect(zoomWindow(undefined, 1_000, 0.5, 200)).toEqual({ from: 100, to: 600 });
    expect(zoomWindow({ from: 100, to: 600 }, 1_000, 2, 200)).toBeUndefined();
    expect(panWindow({ from: 100, to: 200 }, 1_000, 0.25)).toEqual({ from: 125, to: 225 });
    expect(panWindow({ from: 100, to: 200 }, 1_000, -9)).toEqual({ from: 0, to: 100 });
    expect(panWindow(undefined, 1_000, 1)).toBeUndefined();
  });
});
