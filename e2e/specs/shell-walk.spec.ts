import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { backendPids, drop, expect, isAlive, test, tier } from '../support/desktop-test.ts';
import { idle } from '../support/idle.ts';
import { fixturePath } from '../support/project.ts';
import { changes, expectEnded, runInAddress, sheet, stepsOf } from '../support/rerun.ts';
import { inspector, press, timeline } from '../support/steps.ts';

test.describe(tier, () => {
  test('a whole walk: a file is dropped and read, the demo recorded and re-run with one edit, both takes compared, and it ends', async ({
    desktop: { application, page, libraryFolder },
  }) => {
    await idle(page);
    await drop(page, [fixturePath('otel-plain/proto/traces.jsonl')]);
    // An import of one run opens it.
    await expect(page).toHaveURL(/#\/run\/[0-9a-f]{32}/);
    await idle(page);
    await expect(page.getByRole('heading', { name: 'cost-research', exact: true })).toBeVisible();
    await timeline(page).locator('[data-step]', { hasText: 'I will gather prices' }).first().click();
    await expect(inspector(page)).toContainText('gpt-5.4');

    await page.keyboard.press('Control+k');
    await page.keyboard.type('Try re-run on the demo');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Refund request (demo)', exact: true })).toBeVisible();
    await expectEnded(page);
    const parent = runInAddress(page);
    const fork = (await stepsOf(page, 'scripted-small')).at(-1) ?? 0;
    await page.getByRole('button', { name: `Re-run from step ${fork}` }).click();
    await idle(page);
    await changes(page)
      .getByRole('button', { name: /messages unchanged/ })
      .click();
    await changes(page)
      .getByRole('article', { name: 'tool result · find_order' })
      .getByRole('button', { name: /find_order/ })
      .first()
      .click();
    const result = changes(page).getByRole('textbox', { name: 'Result of find_order' });
    await result.fill((await result.inputValue()).replace('45 days ago', '12 days ago'));
    await idle(page);
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => runInAddress(page)).not.toBe(parent);
    await expectEnded(page);
    await expect(sheet(page)).toBeHidden();
    await expect(timeline(page).getByText('refund_order').first()).toBeVisible();

    await press(page, 'c');
    await expect(page).toHaveURL(/#\/compare/);
    await expect(page.getByText('tool result of find_order edited in take 2').first()).toBeVisible();

    const pids = [application.process().pid ?? -1, ...(await backendPids(application))];
    expect(pids).toHaveLength(2);
    await application.close();
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
    expect(existsSync(join(libraryFolder, 'recorder.json'))).toBe(false);
  });
});
