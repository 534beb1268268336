import { idle } from '../support/idle.ts';
import {
  changes,
  cut,
  expectEnded,
  how,
  recordDemo,
  runInAddress,
  sheet,
  startButton,
  stepsOf,
} from '../support/rerun.ts';
import { follow, inspector, openTab, press, stepRow, timeline } from '../support/steps.ts';
import { expect, test } from '../support/window-test.ts';

test('the demo: record, re-run from a step with another tool result, and see what it changed', async ({
  freshHost,
  openRetake,
}) => {
  const page = await openRetake(freshHost);
  const parent = await recordDemo(page);
  await expect(timeline(page).getByText('read_policy').first()).toBeVisible();
  const [last] = (await stepsOf(page, 'scripted-small')).slice(-1);

  await page.getByRole('button', { name: `Re-run from step ${last}` }).click();
  await idle(page);
  await expect(sheet(page)).toHaveAccessibleName(`Re-run from step ${last}`);
  await expect(sheet(page)).toHaveAccessibleDescription(/Refund request \(demo\) · take 2/);
  await expect(cut(page).getByText('From the recording · $0')).toBeVisible();
  await expect(startButton(page)).toHaveText(/Run 1 take/);

  await changes(page)
    .getByRole('button', { name: /messages unchanged/ })
    .click();
  await changes(page)
    .getByRole('article', { name: 'tool result · find_order' })
    .getByRole('button', { name: /find_order/ })
    .first()
    .click();
  const result = changes(page).getByRole('textbox', { name: 'Result of find_order' });
  await expect(result).toHaveValue(/45 days ago/);
  await result.fill((await result.inputValue()).replace('45 days ago', '12 days ago'));
  await expect(changes(page).getByText('1 edit', { exact: true })).toBeVisible();
  await expect(changes(page).locator('del')).toHaveText('45');
  await idle(page);

  await page.keyboard.press('Control+Enter');
  await expect.poll(() => runInAddress(page)).not.toBe(parent);
  await expectEnded(page);
  await expect(sheet(page)).toBeHidden();
  await expect(page.getByRole('navigation', { name: 'Takes of this run' }).getByRole('link')).toHaveCount(2);
  await expect(timeline(page).getByText('refund_order').first()).toBeVisible();
  // The edit holds two steps later: the model that asked for the refund saw it, and so did the one that answered.
  const llmSteps = await stepsOf(page, 'scripted-small');
  const end = llmSteps.at(-1) ?? 0;
  await follow(page, `#/run/${runInAddress(page)}?step=${end}`);
  const messages = await openTab(page, 'Messages');
  await expect(
    messages
      .getByText('I have refunded $48 for the ceramic teapot of order A-1042. It was delivered 12 days ago')
      .first(),
  ).toBeVisible();

  await press(page, 'c');
  await expect(page).toHaveURL(/#\/compare/);
  await expect(page.getByText('refund_order').first()).toBeVisible();
});

test('every kind of edit is kept while the window lives, counted, reverted and reset', async ({
  freshHost,
  openRetake,
}) => {
  const page = await openRetake(freshHost);
  const runId = await recordDemo(page);
  const [last] = (await stepsOf(page, 'scripted-small')).slice(-1);
  await follow(page, `#/run/${runId}?step=${last}`);
  await press(page, 'r');
  await expect(page).toHaveURL(new RegExp(`rerun=${last}`));

  const middle = changes(page);
  await middle.getByRole('combobox', { name: 'Model', exact: true }).fill('scripted-large');
  await middle.getByRole('textbox', { name: 'temperature' }).fill('warm');
  await expect(middle.getByRole('alert').filter({ hasText: 'Not a JSON value' })).toBeVisible();
  await expect(startButton(page)).toHaveAttribute('aria-disabled', 'true');
  await middle.getByRole('textbox', { name: 'temperature' }).fill('1.5');
  await middle.getByRole('button', { name: 'system', exact: false }).first().click();
  const system = middle.getByRole('textbox', { name: 'system' });
  await system.press('End');
  await system.pressSequentially(' Offer store credit.');
  await middle.getByRole('button', { name: 'Add message' }).click();
  await middle.getByRole('textbox', { name: 'New message' }).fill('Please hurry.');
  await middle.getByText('Find and replace').click();
  await middle.getByRole('button', { name: 'Add rule' }).click();
  await middle.getByRole('textbox', { name: 'Find 1' }).fill('small shop');
  await middle.getByRole('textbox', { name: 'Replace by 1' }).fill('large shop');
  await expect(middle.getByText('5 edits', { exact: true })).toBeVisible();
  await idle(page);
  await expect(startButton(page)).toHaveAttribute('aria-disabled', 'false');

  // Closed and opened again by keyboard: nothing was asked, nothing is lost, the focus is where it was.
  await press(page, 'Escape');
  await expect(sheet(page)).toBeHidden();
  await press(page, 'r');
  await expect(middle.getByText('5 edits', { exact: true })).toBeVisible();
  await expect(middle.getByRole('combobox', { name: 'Model', exact: true })).toHaveValue('scripted-large');
  await middle.getByRole('article', { name: 'system' }).getByRole('button', { name: 'revert' }).click();
  await expect(middle.getByText('4 edits', { exact: true })).toBeVisible();
  await middle.getByRole('button', { name: 'Reset' }).click();
  await expect(middle.getByText(/\d edits?/)).toBeHidden();
});

test('an edited system prompt and three takes: all of them run, the first opens', async ({ freshHost, openRetake }) => {
  const page = await openRetake(freshHost);
  const parent = await recordDemo(page);
  const [last] = (await stepsOf(page, 'scripted-small')).slice(-1);
  await follow(page, `#/run/${parent}?step=${last}&rerun=${last}`);
  await changes(page).getByRole('button', { name: 'system', exact: false }).first().click();
  await changes(page)
    .getByRole('textbox', { name: 'system' })
    .fill('You answer the customers of a small shop. Offer store credit where a refund is not possible.');
  await how(page).getByRole('textbox', { name: 'Takes' }).fill('3');
  await idle(page);
  await startButton(page).click();
  await expect.poll(() => runInAddress(page)).not.toBe(parent);
  await expectEnded(page);
  await expect(timeline(page).getByText('issue_credit').first()).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Takes of this run' })).toContainText('All 4 takes', {
    timeout: 120_000,
  });
});

test('what cannot be started says why, and a typed command is read without a shell', async ({
  freshHost,
  openRetake,
}) => {
  const page = await openRetake(freshHost);
  const runId = await recordDemo(page);
  const [last] = (await stepsOf(page, 'scripted-small')).slice(-1);
  await follow(page, `#/run/${runId}?step=${last}&rerun=${last}`);
  const command = how(page).getByRole('textbox', { name: 'Command' });
  await expect(command).toHaveValue(/demo-agent\.mjs/);
  await expect(how(page).getByText('as this install started it')).toBeVisible();
  await command.fill('node "agent.js');
  await expect(how(page).getByRole('alert').filter({ hasText: 'double quote' })).toBeVisible();
  await expect(startButton(page)).toHaveAttribute('aria-disabled', 'true');
  await command.fill('node agent.js | tee out.txt');
  await expect(how(page).getByText('No shell reads this: | goes to the program as it stands.')).toBeVisible();
  await how(page).getByRole('button', { name: 'revert' }).click();
  await expect(command).toHaveValue(/demo-agent\.mjs/);
  await how(page).getByRole('textbox', { name: 'Spend at most, in dollars' }).fill('lots');
  await expect(how(page).getByRole('alert').filter({ hasText: 'Dollars' })).toBeVisible();
  await how(page).getByRole('textbox', { name: 'Spend at most, in dollars' }).fill('0.25');
  await expect(cut(page).getByText('up to 40 steps or $0.25')).toBeVisible();
});

test('a run that was recorded elsewhere is not started before its tool calls were agreed to', async ({
  freshHost,
  openRetake,
}) => {
  const [runId] = await freshHost.importFixture('otel-plain/retry/traces.jsonl');
  const page = await openRetake(freshHost, `#/run/${runId}?step=9&rerun=9`);
  const warning = how(page).getByRole('region', { name: 'A run that was not recorded here' });
  await expect(warning).toBeVisible();
  await expect(warning.getByRole('list', { name: 'Recorded tool calls' }).getByRole('listitem').first()).toBeVisible();
  await expect(startButton(page)).toHaveAttribute('aria-disabled', 'true');
  await warning.getByRole('checkbox').check();
  await expect(how(page).getByText('Agree to the recorded tool calls first.')).toBeHidden();
});

test('the sheet is usable by keyboard and by screen readers', async ({
  freshHost,
  openRetake,
  seriousFaults,
  page: view,
}) => {
  const page = await openRetake(freshHost);
  await recordDemo(page);
  const [last] = (await stepsOf(page, 'scripted-small')).slice(-1);
  await stepRow(page, last ?? 0).click();
  await timeline(page).focus();
  await press(page, 'r');
  await expect(sheet(page)).toBeFocused();
  for (let at = 0; at < 60; at += 1) {
    await page.keyboard.press('Tab');
    // What guards the sheet's ends has the focus for a moment, and gives it back.
    await expect
      .poll(
        () =>
          page.evaluate(
            () => document.activeElement?.closest('[role=dialog]') !== null || document.activeElement === document.body,
          ),
        { message: `press ${at}` },
      )
      .toBe(true);
  }
  for (const colorScheme of ['dark', 'light'] as const) {
    await view.emulateMedia({ colorScheme });
    expect(await seriousFaults(), colorScheme).toEqual([]);
  }
  await view.setViewportSize({ width: 1100, height: 700 });
  await idle(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  await expect(startButton(page)).toBeInViewport();
  expect(await seriousFaults()).toEqual([]);
  await press(page, 'Escape');
  await expect(timeline(page)).toBeFocused();
  await expect(inspector(page)).toBeVisible();
});

test('pictures of the sheet', { tag: '@pictures' }, async ({ freshHost, openRetake, takePictures }) => {
  const page = await openRetake(freshHost);
  await takePictures('start-with-demo');
  const runId = await recordDemo(page);
  await takePictures('run-demo');
  const [last] = (await stepsOf(page, 'scripted-small')).slice(-1);
  await follow(page, `#/run/${runId}?step=${last}&rerun=${last}`);
  await takePictures('rerun-untouched');
  const middle = changes(page);
  await middle.getByRole('combobox', { name: 'Model', exact: true }).fill('scripted-large');
  await middle.getByRole('textbox', { name: 'temperature' }).fill('1.0');
  const result = middle.getByRole('textbox', { name: /^Result of read_policy/ });
  await result.fill(`${await result.inputValue()}\nnote: broken goods are refunded within 60 days`);
  await how(page).getByRole('textbox', { name: 'Takes' }).fill('3');
  await takePictures('rerun-edited');
  await how(page).locator('summary', { hasText: 'Tools' }).first().click();
  await middle.getByText('Tools that the model is offered').click();
  await middle.getByRole('button', { name: 'Write the answer by hand' }).click();
  await middle.getByText('Find and replace').scrollIntoViewIfNeeded();
  await takePictures('rerun-more');
  const [foreign] = await freshHost.importFixture('otel-plain/retry/traces.jsonl');
  await follow(page, `#/run/${foreign}?step=9&rerun=9`);
  await takePictures('rerun-foreign');
});
