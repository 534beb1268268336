import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { startScriptedModel } from '../agents/scripted-model.ts';
import type { ScriptedModel, ScriptedModelOptions } from '../agents/scripted-model.ts';
import { idle } from '../support/idle.ts';
import { projectRoot } from '../support/project.ts';
import { changes, expectEnded, how, runInAddress, sheet, startButton, stepsOf } from '../support/rerun.ts';
import { follow, inspector, press, timeline } from '../support/steps.ts';
import { expect, test as base } from '../support/window-test.ts';

/** A take while it runs, while it waits for a person, and after it: with a real agent process and a scripted model. */
const agent = `'${process.execPath}' '${join(projectRoot, 'e2e/agents/fetch-agent.ts')}' chat`;

const test = base.extend<{ readonly scripted: (options?: ScriptedModelOptions) => Promise<ScriptedModel> }>({
  scripted: async ({ browserName: _browserName }, provide) => {
    const models: ScriptedModel[] = [];
    await provide(async (options) => {
      const model = await startScriptedModel(options);
      models.push(model);
      return model;
    });
    for (const model of models) await model.close();
  },
});

const holdPanel = (page: Page): Locator => page.getByRole('region', { name: /^Held:/ });
const verdict = (page: Page): Locator => page.getByRole('region', { name: 'How this take went' });

async function record(page: Page, model: ScriptedModel, words: string, program = agent): Promise<string> {
  await press(page, 'Shift+R');
  const dialog = page.getByRole('dialog', { name: 'Record a run' });
  await dialog.getByRole('textbox', { name: 'Command', exact: true }).fill(`${program} ${words}`);
  await dialog.getByRole('textbox', { name: 'Folder' }).fill(projectRoot);
  await dialog.getByRole('combobox', { name: 'Upstream address' }).fill(`${model.url}/v1`);
  await idle(page);
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/#\/run\/[0-9a-f]{32}/);
  return runInAddress(page);
}

/** Opens the sheet at the third model call of the open run. */
async function openSheet(page: Page): Promise<number> {
  const step = (await stepsOf(page, 'scripted-1'))[2] ?? 0;
  await follow(page, `#/run/${runInAddress(page)}?step=${step}&rerun=${step}`);
  await expect(startButton(page)).toHaveAttribute('aria-disabled', 'false');
  return step;
}

async function startTake(page: Page, parent: string): Promise<void> {
  await idle(page);
  await startButton(page).click();
  await expect.poll(() => runInAddress(page)).not.toBe(parent);
  await expect(sheet(page)).toBeHidden();
}

test('the agent leaves the recording: it is held, every difference is shown, and the take goes on as chosen', async ({
  freshHost,
  openRetake,
  scripted,
  seriousFaults,
  takePictures,
}) => {
  const model = await scripted();
  const page = await openRetake(freshHost);
  const parent = await record(page, model, '--task "the price of tea"');
  await expectEnded(page);
  await openSheet(page);
  await how(page).getByRole('textbox', { name: 'Command' }).fill(`${agent} --task "the price of coffee"`);
  await startTake(page, parent);

  const panel = holdPanel(page);
  await expect(panel).toBeVisible();
  await expect(panel).toBeFocused();
  await expect(panel.getByRole('heading')).toHaveText(
    'The agent asks something else than it did in the recording: message 0 (user) changed.',
  );
  await expect(panel.locator('del')).toHaveText('tea');
  await expect(panel.locator('ins')).toHaveText('coffee');
  await expect(panel.getByText('the price of [^\\n]*?$')).toBeVisible();
  await expect(page.getByText('take waits for you')).toBeVisible();
  expect(model.calls).toHaveLength(4);
  expect(await seriousFaults()).toEqual([]);
  await takePictures('take-held');

  // The third choice, by its number: from here on it is live.
  await expect(panel.getByRole('button', { name: /^Fork here/ })).toBeVisible();
  await panel.focus();
  await page.keyboard.press('3');
  await expect(panel).toBeHidden();
  await expectEnded(page);
  await expect(verdict(page).getByRole('status')).toHaveText('Left the recording before the fork');
  await expect(verdict(page)).toContainText('Message 0 (user) changed. 0 calls from the recording, 4 live.');
  // What was planned (a fork after two recorded calls) is said nowhere as if it had happened.
  await expect(page.getByText('answered from the recording')).toHaveCount(0);
  await expect(timeline(page).locator('[data-step]', { hasText: 'scripted-1' }).first()).toContainText('fork');
  expect(model.calls).toHaveLength(8);
});

test('ignored once, a difference is looked past, and the call says so', async ({ freshHost, openRetake, scripted }) => {
  const model = await scripted();
  const page = await openRetake(freshHost);
  const parent = await record(page, model, '--task "the price of tea"');
  await expectEnded(page);
  await openSheet(page);
  await how(page).getByRole('textbox', { name: 'Command' }).fill(`${agent} --task "the price of coffee"`);
  await startTake(page, parent);
  await holdPanel(page)
    .getByRole('button', { name: /^Ignore this difference/ })
    .click();
  await expectEnded(page);
  await expect(verdict(page)).toContainText('2 calls from the recording, 2 live');
  const [first] = await stepsOf(page, 'scripted-1');
  await expect(timeline(page).locator(`[data-step="${first}"]`)).toContainText('recorded ≈');
  await timeline(page).locator(`[data-step="${first}"]`).click();
  await expect(inspector(page)).toContainText(/Looked past: message 0 \(user\)/);
});

test('paused, let through one call at a time, stopped: nothing goes out that was not let', async ({
  freshHost,
  openRetake,
  scripted,
  takePictures,
}) => {
  const model = await scripted();
  const page = await openRetake(freshHost);
  const parent = await record(page, model, '--task "the price of tea"');
  await expectEnded(page);
  await openSheet(page);
  await how(page).getByRole('textbox', { name: 'Stop after, in model calls' }).fill('1');
  await startTake(page, parent);

  const panel = holdPanel(page);
  await expect(panel.getByRole('heading')).toContainText('1 live call of the 1 that its budget allows');
  expect(model.calls).toHaveLength(5);
  await takePictures('take-budget');
  await press(page, 'Shift+P');
  await panel.getByRole('textbox', { name: 'New limit, in live calls' }).fill('9');
  await panel.getByRole('button', { name: /^Raise the limit/ }).click();
  await expect(panel.getByRole('heading')).toHaveText('The agent wants to make a live call, and the take is paused.');
  await expect(page.getByRole('button', { name: /^Step once/ })).toBeVisible();
  expect(model.calls).toHaveLength(5);
  await page.getByRole('button', { name: /^Resume/ }).click();
  await expectEnded(page);
  expect(model.calls).toHaveLength(6);
  await expect(verdict(page).getByRole('status')).toHaveText('Exact up to the fork');
});

test('a run that was killed inside a tool goes on with R on its last answer: what it had got is not asked again', async ({
  freshHost,
  openRetake,
  scripted,
  takePictures,
}, testInfo) => {
  const model = await scripted({ rounds: 3 });
  const page = await openRetake(freshHost);
  const died = testInfo.outputPath('died');
  const killed = `env 'AGENT_FOLDER=${testInfo.outputPath('work')}' AGENT_DIE_AT=2 'AGENT_DIED=${died}' '${process.execPath}' '${join(projectRoot, 'e2e/agents/openai-agent.ts')}' chat`;
  const parent = await record(page, model, '', killed);
  await expect(page.getByRole('button', { name: 'Resume where it ended' })).toBeVisible({ timeout: 120_000 });
  await idle(page);
  expect(model.calls).toHaveLength(2);
  const last = (await stepsOf(page, 'scripted-1')).at(-1) ?? 0;
  await timeline(page).locator(`[data-step="${last}"]`).click();
  await press(page, 'r');
  const resume = page.getByRole('dialog', { name: 'Resume where it ended' });
  await expect(resume).toContainText('what comes after the end goes live');
  const start = resume.getByRole('button', { name: /^Run \d+ take/ });
  await expect(start).toHaveAttribute('aria-disabled', 'false');
  await takePictures('resume-sheet');
  await idle(page);
  await start.click();
  await expect.poll(() => runInAddress(page)).not.toBe(parent);
  await expectEnded(page);
  await expect(verdict(page)).toContainText('2 calls from the recording, 2 live');
  expect(model.calls).toHaveLength(4);
});

test('takes side by side: how many succeeded, what they cost, and the way to compare them', async ({
  freshHost,
  openRetake,
  scripted,
  seriousFaults,
  takePictures,
}) => {
  const model = await scripted();
  const page = await openRetake(freshHost);
  const parent = await record(page, model, '--task "the price of tea"');
  await expectEnded(page);
  const step = await openSheet(page);
  await changes(page).getByRole('button', { name: 'system', exact: false }).first().click();
  await changes(page).getByRole('textbox', { name: 'system' }).fill('You doubt everything.');
  await how(page).getByRole('textbox', { name: 'Takes' }).fill('2');
  await startTake(page, parent);
  await expect(verdict(page)).toContainText('2 of 2 takes succeeded', { timeout: 120_000 });
  await expect(verdict(page)).toContainText('instructions');
  expect(await seriousFaults()).toEqual([]);
  await takePictures('take-verdict');
  await press(page, 'l');
  await expect(page.getByLabel('The last lines that the command wrote')).toContainText('You doubt everything.');
  await verdict(page).getByRole('button', { name: 'Compare at the fork' }).click();
  await expect(page).toHaveURL(new RegExp(`#/compare.*pair=${step}~${step}`));
});

test('continued without code: a tool that the recording does not hold waits for the person, who answers', async ({
  freshHost,
  openRetake,
  scripted,
  seriousFaults,
  takePictures,
}) => {
  const model = await scripted();
  const page = await openRetake(freshHost);
  const parent = await record(page, model, '--task "the price of tea"');
  await expectEnded(page);
  await openSheet(page);
  await how(page).getByText('Continue without code').click();
  await changes(page).getByRole('textbox', { name: 'user' }).fill('the price of coffee');
  await startTake(page, parent);

  const panel = holdPanel(page);
  await expect(panel.getByText('lookup').first()).toBeVisible();
  await expect(panel.getByText('only reads', { exact: true })).toBeVisible();
  const recorded = panel.getByRole('list', { name: 'Recorded calls of this tool, closest first' }).getByRole('button');
  await expect(recorded.first()).toBeVisible();
  expect(await seriousFaults()).toEqual([]);
  await takePictures('take-tool');
  await panel.getByRole('textbox', { name: 'The result that the agent gets' }).fill('coffee costs 4');
  await panel.getByRole('button', { name: /^Answer with this/ }).click();
  await expectEnded(page);
  await expect(verdict(page)).toContainText('2 calls from the recording, 2 live');
  const last = (await stepsOf(page, 'scripted-1')).at(-1) ?? 0;
  await timeline(page).locator(`[data-step="${last}"]`).click();
  await expect(inspector(page)).toContainText('coffee costs 4');
});

test('a failed run is taken up again from the step that failed, by one key', async ({
  freshHost,
  openRetake,
  scripted,
}) => {
  const model = await scripted({ failures: new Map([[2, 400]]) });
  const page = await openRetake(freshHost);
  const parent = await record(page, model, '--task "the price of tea"');
  const retry = page.getByRole('button', { name: /^Retry from step/ });
  await expect(retry).toBeVisible({ timeout: 120_000 });
  const failed = (await stepsOf(page, 'scripted-1'))[2] ?? 0;
  await expect(retry).toHaveText(new RegExp(`Retry from step ${failed}`));
  await press(page, 'Shift+T');
  await expect(sheet(page)).toHaveAccessibleName(`Re-run from step ${failed}`);
  await startTake(page, parent);
  await expectEnded(page);
  await expect(verdict(page)).toContainText('2 calls from the recording, 2 live');
  expect(model.calls).toHaveLength(5);
});

test('while a long take runs, the window asks about once a second how it goes, and what it shows at the end is right', async ({
  freshHost,
  openRetake,
  scripted,
  page: blank,
}) => {
  const asked: number[] = [];
  blank.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      if (String(payload).includes('takes/verdict')) asked.push(performance.now());
    }),
  );
  const model = await scripted({ rounds: 38, delayMs: 80 });
  const page = await openRetake(freshHost);
  const parent = await record(page, model, '--task "the price of tea"');
  await expectEnded(page);
  await follow(page, `#/run/${parent}?step=1&rerun=1`);
  await expect(startButton(page)).toHaveAttribute('aria-disabled', 'false');
  await startTake(page, parent);
  const startedMs = performance.now();
  await expect(verdict(page)).toBeVisible({ timeout: 120_000 });
  const seconds = (performance.now() - startedMs) / 1_000;
  await idle(page);
  await expect(verdict(page)).toContainText('39 live');
  expect(asked.length).toBeGreaterThan(1);
  expect(asked.length).toBeLessThan(seconds + 4);
});
