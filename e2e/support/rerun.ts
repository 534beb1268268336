import type { Locator, Page } from 'playwright';
import { expect } from './browser-test.ts';
import { idle } from './idle.ts';
import { timeline } from './steps.ts';

/** Where things are in the re-run sheet. */
export const sheet = (page: Page): Locator => page.getByRole('dialog', { name: /^Re-run/ });
export const changes = (page: Page): Locator => sheet(page).getByRole('region', { name: 'What changes' });
export const how = (page: Page): Locator => sheet(page).getByRole('region', { name: 'How to run it' });
export const cut = (page: Page): Locator =>
  sheet(page).getByRole('region', { name: 'What is recorded and what is live' });
export const startButton = (page: Page): Locator => how(page).getByRole('button', { name: /^Run \d+ take/ });

/** Records the bundled demo by its button and waits until its run has ended; resolves with the id of the run. */
export async function recordDemo(page: Page): Promise<string> {
  await page.getByRole('button', { name: /^Try re-run/ }).click();
  await expect(page).toHaveURL(/#\/run\/[0-9a-f]{32}/);
  await expectEnded(page);
  return runInAddress(page);
}

export function runInAddress(page: Page): string {
  return /#\/run\/([0-9a-f]{32})/.exec(page.url())?.[1] ?? '';
}

/** The open run has ended well, and the window shows it. */
export async function expectEnded(page: Page): Promise<void> {
  await expect(page.getByRole('banner').or(page.locator('header')).getByText('completed').first()).toBeVisible({
    timeout: 120_000,
  });
  await idle(page);
}

/** Indices of the steps in the timeline whose row holds that text. */
export async function stepsOf(page: Page, text: string): Promise<readonly number[]> {
  const rows = timeline(page).locator('[data-step]', { hasText: text });
  return (await rows.evaluateAll((found) => found.map((row) => Number(row.getAttribute('data-step'))))).toSorted(
    (a, b) => a - b,
  );
}
