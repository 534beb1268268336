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

/** Milliseconds from a link being followed to the paint of what it leads to. */
export async function timeTo(page: Page, hash: string, selector: string): Promise<number> {
  const took = await page.evaluate(
    ({ to, wanted }) =>
      new Promise<number>((resolve) => {
        const started = performance.now();
        const look = (): void => {
          if (document.querySelector(wanted) === null) requestAnimationFrame(look);
          else requestAnimationFrame(() => resolve(performance.now() - started));
        };
        window.location.hash = to.replace(/^#/, '');
        requestAnimationFrame(look);
      }),
    { to: hash, wanted: selector },
  );
  await idle(page);
  return took;
}

/**
 * Turns the wheel once a frame, and gives the median of what a frame took from its beginning to its end: scripts, layout and paint. The
 * rate of a display that is not there says nothing, and a frame that others kept waiting is not the window's.
 */
export async function scrollFrames(page: Page, frames: number, pixels: number): Promise<number> {
  const measured: number[] = [];
  for (let frame = 0; frame < frames; frame += 1) {
    const drawn = page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          window.addEventListener(
            'wheel',
            () => {
              requestAnimationFrame(() => {
                const started = performance.now();
                const channel = new MessageChannel();
                channel.port1.addEventListener('message', () => resolve(performance.now() - started));
                channel.port1.start();
                channel.port2.postMessage(undefined);
              });
            },
            { once: true, capture: true, passive: true },
          );
        }),
    );
    await page.evaluate(() => undefined);
    await page.mouse.wheel(0, pixels);
    measured.push(await drawn);
  }
  return median(measured);
}

/** What the page holds once all that can go has gone. */
export async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  try {
    for (let time = 0; time < 3; time += 1) await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return usedSize;
  } finally {
    await session.detach();
  }
}
