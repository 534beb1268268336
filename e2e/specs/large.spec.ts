import { generateRun, wholeConversation } from '../support/generate-runs.ts';
import { idle } from '../support/idle.ts';
import { expectStep, follow, selectedStep, stepRow, timeline } from '../support/steps.ts';
import { importContent } from '../support/telemetry.ts';
import { expect, test } from '../support/window-test.ts';

// How quickly: e2e/bench/window.bench.ts.
test('a run of 10,000 steps opens, scrolls to its end and answers a held J with few rows in the page', async ({
  freshHost,
  openRetake,
}) => {
  const [runId = ''] = await importContent(
    freshHost,
    [...generateRun({ ...wholeConversation(3, 5_000), contextLimitBytes: 4_000, resultBytes: [100, 300] })].join('\n'),
  );
  const page = await openRetake(freshHost);
  await follow(page, `#/run/${runId}?step=1`);
  await expect(timeline(page)).toHaveAttribute('aria-rowcount', '10001');
  await expectStep(page, 1);

  const box = await timeline(page).boundingBox();
  if (box === null) throw new Error('The timeline has no box.');
  await page.mouse.move(box.x + 200, box.y + 200);
  for (let turn = 0; turn < 40; turn += 1) {
    await page.mouse.wheel(0, 7_000);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }
  await expect(stepRow(page, 9_999)).toBeVisible();
  expect(await timeline(page).locator('[data-step]').count()).toBeLessThan(90);

  for (let at = 0; at < 60; at += 1) await page.keyboard.down('j');
  await page.keyboard.up('j');
  await expectStep(page, 61);
  await idle(page);

  await follow(page, `#/run/${runId}?step=9876`);
  await expect(stepRow(page, 9_876)).toBeInViewport();
  await expect(selectedStep(page)).toHaveCount(1);
});
