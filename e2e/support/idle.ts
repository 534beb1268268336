import type { Page } from 'playwright';

/** Waits until nothing is in flight and the window shows it (renderer/src/session/idle.ts). */
export async function idle(page: Page): Promise<void> {
  await page.waitForFunction(() => 'retakeIdle' in window);
  await page.evaluate(() => {
    const wait: unknown = Reflect.get(window, 'retakeIdle');
    return typeof wait === 'function'
      ? (wait as () => Promise<void>)()
      : Promise.reject(new Error('The window exposes no idle signal.'));
  });
}
