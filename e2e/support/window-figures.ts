import type { Page } from 'playwright';
import { idle } from './idle.ts';

/** What a person feels of the window, measured in it: tasks that hold up keys, and the time from a key to its paint. */

declare global {
  interface Window {
    longTasks: number[];
  }
}

/** Notes the tasks in which no key is answered (over 50 ms), from the first paint on. */
export async function noteLongTasks(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.longTasks = [];
    let firstPaint = Number.POSITIVE_INFINITY;
    new PerformanceObserver((list) => {
      firstPaint = Math.min(firstPaint, ...list.getEntries().map((entry) => entry.startTime));
    }).observe({ type: 'paint', buffered: true });
    new PerformanceObserver((list) => {
      for (const task of list.getEntries())
        if (task.startTime > firstPaint) window.longTasks.push(Math.round(task.duration));
    }).observe({ type: 'longtask', buffered: true });
  });
}

/** The longest task since the last call, ms. */
export async function takeLongest(page: Page): Promise<number> {
  await idle(page);
  return page.evaluate(() => Math.max(0, ...window.longTasks.splice(0)));
}

/** Presses a key as often as a held one repeats, and waits for each to be painted. Milliseconds from key to paint. */
export async function hold(page: Page, key: string, times: number): Promise<readonly number[]> {
  const measured: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const painted = page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          window.addEventListener(
            'keydown',
            (event) => {
              requestAnimationFrame(() => {
                // A message comes after the frame that was asked for above has been drawn.
                const channel = new MessageChannel();
                channel.port1.addEventListener('message', () => resolve(performance.now() - event.timeStamp));
                channel.port1.start();
                channel.port2.postMessage(undefined);
              });
            },
            { once: true, capture: true },
          );
        }),
    );
    await page.evaluate(() => undefined);
    await page.keyboard.down(key);
    measured.push(await painted);
  }
  await page.keyboard.up(key);
  return measured;
}

export const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
