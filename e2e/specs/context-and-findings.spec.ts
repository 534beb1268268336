import type { Page } from 'playwright';
import { costlyRun, costlyRunRequest } from '../agents/costly-run.ts';
import { idle } from '../support/idle.ts';
import { follow, inspector, press } from '../support/steps.ts';
import { importContent } from '../support/telemetry.ts';
import { expect, test } from '../support/window-test.ts';

const lens = (page: Page) => page.getByRole('region', { name: 'Context' });
const carried = (page: Page) => lens(page).getByRole('treegrid', { name: 'Carried in the context' });
const finding = (page: Page, kind: string) => page.locator(`[data-finding="${kind}"]`);

test('which result ate the context, why the cache was lost, and what compaction lost: by keys alone', async ({
  freshHost,
  openRetake,
  seriousFaults,
  takePictures,
}) => {
  const [runId] = await importContent(freshHost, costlyRunRequest());
  const page = await openRetake(freshHost, `#/run/${runId}?step=15`);

  // One key: the context, dearest first. 4,564 tokens in eight calls.
  await press(page, '3');
  await expect(lens(page)).toHaveAttribute('data-step', '15');
  const dearest = carried(page).getByRole('row').nth(1);
  await expect(dearest).toContainText('tool result · bash');
  await expect(dearest).toContainText('step 2');
  await expect(dearest).toContainText('4.6k');
  await expect(dearest).toContainText('8 ×');
  await expect(dearest).toContainText('$0.014');
  // The legend adds up to the reported input.
  const figures = await lens(page)
    .getByRole('group', { name: 'What it is made of' })
    .getByRole('button')
    .allInnerTexts();
  expect(figures.map((text) => text.replace(/\s+/g, ' ').trim())).toEqual([
    'system 472',
    'tools 1.1k',
    'user 11',
    'assistant 243',
    'tool results 4.7k',
  ]);
  expect(await seriousFaults()).toEqual([]);

  // Enter leads to the step that made it, and the inspector shows it.
  await carried(page).focus();
  await press(page, 'ArrowDown', 'Enter');
  await expect(inspector(page)).toHaveAttribute('data-step', String(costlyRun.largeResult));

  // The next but one call of a model after step 15 lost the cache: the clock in the system prompt.
  await follow(page, `#/run/${runId}?step=${costlyRun.cacheLost}&lens=context`);
  const lost = lens(page).getByRole('note', { name: 'Cache lost' });
  await expect(lost).toContainText('1.1k of 6.5k matched since step 15');
  await expect(lost).toContainText('The system prompt differs from byte 38 on.');
  await expect(lost).toContainText('10:41:55');
  await expect(lost).toContainText('10:42:07');
  await lost.getByRole('link', { name: 'Show both prompts' }).click();
  await idle(page);
  await expect(page).toHaveURL(/#\/compare/);
  const prompts = page.getByRole('region', { name: 'Difference' });
  await expect(prompts).toContainText('10:41:55');
  await expect(prompts).toContainText('10:42:07');
  await takePictures('both-prompts');
  await page.goBack();
  await idle(page);

  await press(page, 'Shift+j');
  const gone = lens(page).getByRole('note', { name: 'What was lost' });
  await expect(gone).toContainText('Compacted · 5.0k tokens in 24 parts are not carried any more');
  await gone.getByRole('button', { name: 'Show them' }).click();
  await expect(gone.getByRole('listitem').first()).toContainText('step 1');
  await expect(gone).toContainText('The deployment is finished.');
});

test('findings are marked where they are: in the rows and along the strip, and lead to the finding', async ({
  freshHost,
  openRetake,
  seriousFaults,
  takePictures,
}) => {
  const [runId] = await importContent(freshHost, costlyRunRequest());
  const page = await openRetake(freshHost, `#/run/${runId}?step=4`);
  const mark = (step: number) =>
    page
      .getByRole('treegrid', { name: 'Steps of the run' })
      .locator(`[data-step="${step}"] [aria-label^="Found here"]`);
  const panel = page.getByRole('dialog', { name: 'Findings' });
  await expect(mark(4)).toHaveAccessibleName(/gave the same result 3 times/);
  await expect(mark(10)).toHaveAccessibleName(/OpenAI API key in the trace/);
  await expect(mark(5)).toHaveCount(0);
  await takePictures('run-found');
  expect(await seriousFaults()).toEqual([]);

  // By keys: Enter shows what was found at the step; Shift+F goes on to the next.
  await press(page, 'Enter');
  await expect(finding(page, 'repeat').getByRole('button', { expanded: true })).toBeFocused();
  await press(page, 'Escape');
  await press(page, 'Shift+F');
  await expect(inspector(page)).toHaveAttribute('data-step', '6');
  await expect(
    inspector(page).getByRole('button', { name: /Found here: .* gave the same result 3 times/ }),
  ).toBeVisible();
  await press(page, 'Alt+f', 'j');
  await expect(inspector(page)).toHaveAttribute('data-step', '5');
  await expect(inspector(page).getByRole('button', { name: /Found here/ })).toHaveCount(0);

  // By the pointer, in a row and on the strip.
  await mark(10).click();
  await expect(finding(page, 'credential').getByRole('button', { expanded: true })).toBeVisible();
  await press(page, 'Escape');
  const ticks = page.getByRole('toolbar', { name: 'Findings along the run' }).getByRole('button');
  await ticks.first().focus();
  await press(page, 'End');
  await expect(ticks.last()).toBeFocused();
  await expect(page.getByText((await ticks.last().getAttribute('aria-label')) ?? '').first()).toBeVisible();
  await ticks.last().press('Enter');
  await expect(panel).toBeVisible();

  const [quiet] = await freshHost.importFixture('otel-plain/retry/traces.jsonl');
  await follow(page, `#/run/${quiet}`);
  await expect(page.getByRole('button', { name: '0 findings' })).toBeVisible();
  await expect(page.getByRole('toolbar', { name: 'Findings along the run' })).toHaveCount(0);
  await expect(page.locator('[aria-label^="Found here"]')).toHaveCount(0);
});

test('findings: loop and its price, the credential and its step, where 88 seconds went, and a take without one', async ({
  freshHost,
  openRetake,
  seriousFaults,
}) => {
  const [runId] = await importContent(freshHost, costlyRunRequest());
  const page = await openRetake(freshHost, `#/run/${runId}`);
  await expect(page.getByRole('button', { name: '5 findings' })).toBeVisible();
  await press(page, 'f');
  await expect(finding(page, 'credential')).toContainText('OpenAI API key in the trace');
  await expect(finding(page, 'credential')).toContainText('step 10');
  await expect(finding(page, 'repeat')).toContainText('gave the same result 3 times');
  await expect(finding(page, 'repeat')).toContainText('steps 4, 6, 8');
  await expect(finding(page, 'repeat')).toContainText('$0.0017');
  // Polling that ended in something new is none.
  await expect(page.getByRole('dialog', { name: 'Findings' })).not.toContainText('check_deploy gave');
  await expect(page.getByRole('region', { name: 'Where the time went' })).toContainText(
    /1m 28s · model 52\.0s \(59%\) · tools 30\.0s \(34%\) · the program between them 6\.0s \(7%\)/,
  );
  expect(await seriousFaults()).toEqual([]);

  // Down to the lost cache, and its take: the sheet opens at its step with the prompt of before.
  await press(page, 'ArrowDown', 'ArrowDown');
  await finding(page, 'cache-lost').getByRole('button', { name: 'Take without it' }).click();
  await idle(page);
  const sheet = page.getByRole('dialog', { name: /Re-run from step 17/ });
  await expect(sheet).toBeVisible();
  await expect(sheet.getByRole('textbox', { name: /system/i })).toHaveValue(/It is 10:41:55/);
  await press(page, 'Escape');

  // The list of runs can be filtered by what was found, in words and as a chip.
  await follow(page, '#/runs');
  await page.getByRole('textbox', { name: 'Filter runs' }).fill('found:repeat,credential');
  await press(page, 'Enter');
  await expect(page.getByText('found in same call again, credential')).toBeVisible();
  await expect(page.getByRole('grid', { name: 'Runs' }).locator('[data-run]')).toHaveCount(1);
  await follow(page, `#/runs?filter=${encodeURIComponent('{"findings":["near-limit"]}')}`);
  await expect(page.getByRole('grid', { name: 'Runs' }).locator('[data-run]')).toHaveCount(0);
});
