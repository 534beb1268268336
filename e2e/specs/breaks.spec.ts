import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { startScriptedModel } from '../agents/scripted-model.ts';
import type { ScriptedModel } from '../agents/scripted-model.ts';
import { idle } from '../support/idle.ts';
import { projectRoot } from '../support/project.ts';
import { expectEnded, how, runInAddress, startButton, stepsOf } from '../support/rerun.ts';
import { follow, press } from '../support/steps.ts';
import { expect, test as base } from '../support/window-test.ts';

/** Conditions that hold calls, in recordings and in takes: typed, kept for the agent, looked at, edited, let go, switched off. */
const agent = `'${process.execPath}' '${join(projectRoot, 'e2e/agents/fetch-agent.ts')}' chat --task "the price of tea"`;

const test = base.extend<{ readonly model: ScriptedModel }>({
  model: async ({ browserName: _browserName }, provide) => {
    const model = await startScriptedModel();
    await provide(model);
    await model.close();
  },
});

const holdPanel = (page: Page): Locator => page.getByRole('region', { name: /^Held:/ });
const dialog = (page: Page): Locator => page.getByRole('dialog', { name: 'Record a run' });

async function fillRecord(page: Page, model: ScriptedModel): Promise<void> {
  await press(page, 'Shift+R');
  await dialog(page).getByRole('textbox', { name: 'Command', exact: true }).fill(agent);
  await dialog(page).getByRole('textbox', { name: 'Folder' }).fill(projectRoot);
  await dialog(page).getByRole('combobox', { name: 'Upstream address' }).fill(`${model.url}/v1`);
}

test('a recording breaks where a tool was called: looked at, edited, switched off; the agent’s next run starts with it', async ({
  freshHost,
  openRetake,
  model,
  seriousFaults,
  takePictures,
}) => {
  const page = await openRetake(freshHost);
  await fillRecord(page, model);
  // By the keyboard alone: the field, a tool, Enter; then a second condition.
  await page.keyboard.press('Control+b');
  await expect(dialog(page).getByRole('textbox', { name: 'Value of the condition' })).toBeFocused();
  await page.keyboard.type('lookup');
  await page.keyboard.press('Tab');
  await page.keyboard.type('tea #2');
  await page.keyboard.press('Enter');
  const conditions = dialog(page).getByRole('list', { name: 'Conditions' });
  await expect(conditions.getByRole('listitem')).toHaveText([/^the model has called lookup with “tea #2”/]);
  await dialog(page).getByRole('combobox', { name: 'Break when' }).click();
  await page.getByRole('option', { name: 'it is call number' }).click();
  const value = dialog(page).getByRole('textbox', { name: 'Value of the condition' });
  await value.fill('x');
  await value.press('Enter');
  await expect(dialog(page).getByText('A whole number from 1.')).toBeVisible();
  // What is typed and not added is not lost by starting.
  await page.keyboard.press('Control+Enter');
  await expect(dialog(page).getByText(/typed and not added/)).toBeVisible();
  await value.fill('9');
  await value.press('Enter');
  await expect(conditions.getByRole('listitem')).toHaveCount(2);
  await expect(dialog(page).getByText('2 conditions, kept for fetch-agent.ts')).toBeVisible();
  expect(await seriousFaults()).toEqual([]);
  await takePictures('break-record');
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/#\/run\/[0-9a-f]{32}/);

  const panel = holdPanel(page);
  await expect(panel.getByRole('heading')).toHaveText(
    'Held before call 3 goes to scripted-1: the model has just called lookup with “tea #2” in its arguments.',
  );
  await expect(panel).toBeFocused();
  const messages = panel.getByRole('group', { name: 'The request’s messages' });
  await expect(messages.getByRole('article')).toHaveCount(6);
  await expect(messages.getByRole('article').last()).toBeInViewport();
  expect(model.calls).toHaveLength(2);
  expect(await seriousFaults()).toEqual([]);
  await idle(page);
  await takePictures('break-hold');

  await panel.getByText('The request as JSON').click();
  const asked = (await panel.locator('pre').last().textContent()) ?? '';
  await panel.getByRole('button', { name: /^Edit and send/ }).click();
  const editor = panel.getByRole('textbox', { name: 'The request to send, as JSON' });
  await expect(panel.getByText('It goes out in this call alone')).toBeVisible();
  await editor.press('Control+a');
  await page.keyboard.insertText(
    JSON.stringify(JSON.parse(asked.replace('You look things up.', 'You are in a hurry.'))),
  );
  await panel.getByRole('button', { name: /^Send what is written/ }).click();
  await expectEnded(page);
  expect(model.calls.map(({ body }) => body.includes('You are in a hurry.'))).toEqual([false, false, true, false]);
});

test('a take breaks before recorded and live calls; a condition that is switched off at the hold stays off', async ({
  freshHost,
  openRetake,
  model,
  seriousFaults,
  takePictures,
}) => {
  const page = await openRetake(freshHost);
  await fillRecord(page, model);
  await idle(page);
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/#\/run\/[0-9a-f]{32}/);
  await expectEnded(page);
  const parent = runInAddress(page);
  const step = (await stepsOf(page, 'scripted-1'))[2] ?? 0;
  await follow(page, `#/run/${parent}?step=${step}&rerun=${step}`);
  await expect(startButton(page)).toHaveAttribute('aria-disabled', 'false');
  await page.keyboard.press('Control+b');
  await expect(how(page).getByRole('textbox', { name: 'Value of the condition' })).toBeFocused();
  await page.keyboard.type('lookup');
  await page.keyboard.press('Enter');
  await expect(how(page).getByText('· 1 condition', { exact: false })).toBeVisible();
  expect(await seriousFaults()).toEqual([]);
  await takePictures('break-sheet');
  await idle(page);
  await startButton(page).click();
  await expect.poll(() => runInAddress(page)).not.toBe(parent);

  const panel = holdPanel(page);
  const heading = panel.getByRole('heading');
  await expect(heading).toHaveText(
    'Held before call 2 is answered from the recording: the model has just called lookup.',
  );
  await takePictures('break-hold-recorded');
  await panel.focus();
  await page.keyboard.press('1');
  await expect(heading).toHaveText('Held before call 3 goes to scripted-1: the model has just called lookup.');
  expect(model.calls).toHaveLength(4);
  // Conditions of a take that runs: one more by the keyboard, kept for the agent.
  await page.keyboard.press('Shift+B');
  const others = page.getByRole('dialog', { name: 'Break before a call' });
  await expect(others.getByRole('checkbox', { name: 'the model has called lookup' })).toBeChecked();
  await others.getByRole('textbox', { name: 'Value of the condition' }).fill('refund');
  await page.keyboard.press('Enter');
  await expect(others.getByRole('listitem')).toHaveCount(2);
  expect(await seriousFaults()).toEqual([]);
  await takePictures('break-running');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^Breaks: 2/ })).toBeVisible();
  await panel.getByRole('button', { name: /^Go on, and switch this condition off/ }).click();
  await expectEnded(page);
  expect(model.calls).toHaveLength(6);

  // The next take of this agent starts with it, off.
  await follow(page, `#/run/${parent}?step=${step}&rerun=${step}`);
  await expect(how(page).getByText('1 condition, 1 switched off', { exact: false })).toBeVisible();
  await expect(how(page).getByRole('checkbox', { name: 'the model has called lookup' })).not.toBeChecked();
  await expect(how(page).getByRole('checkbox', { name: 'the model has called refund' })).toBeChecked();
});
