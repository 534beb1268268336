import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import type { Edit } from '../../shared/model/edit.ts';
import { startScriptedModel } from '../agents/scripted-model.ts';
import { idle } from '../support/idle.ts';
import { projectRoot } from '../support/project.ts';
import { changes, expectEnded, recordDemo, runInAddress, startButton, stepsOf } from '../support/rerun.ts';
import { expectStep, follow, inspector, press, selectedStep, timeline } from '../support/steps.ts';
import { callAttributes, exportRequest, idOf, importContent } from '../support/telemetry.ts';
import { expect, test } from '../support/window-test.ts';

/** The family of a run: its tree in the header and as a panel, and where a take opens. */
const bar = (page: Page): Locator => page.getByRole('navigation', { name: 'Takes of this run' });
const tree = (page: Page): Locator => page.getByRole('tree', { name: 'All takes' });
const items = (page: Page): Locator => tree(page).getByRole('treeitem');
const newSteps = (page: Page): Locator => page.getByRole('button', { name: /\d+ new/ });

/** The last model call of the demo, with `find_order` saying 12 days instead of 45. */
async function takeWithFresherOrder(page: Page, parent: string): Promise<string> {
  const [last] = (await stepsOf(page, 'scripted-small')).slice(-1);
  await follow(page, `#/run/${parent}?step=${last}&rerun=${last}`);
  await changes(page)
    .getByRole('button', { name: /messages unchanged/ })
    .click();
  const result = changes(page).getByRole('article', { name: 'tool result · find_order' });
  await result
    .getByRole('button', { name: /find_order/ })
    .first()
    .click();
  const text = changes(page).getByRole('textbox', { name: 'Result of find_order' });
  await text.fill((await text.inputValue()).replace('45 days ago', '12 days ago'));
  await idle(page);
  await startButton(page).click();
  await expect.poll(() => runInAddress(page)).not.toBe(parent);
  await expectEnded(page);
  return runInAddress(page);
}

async function takeWithInstructions(page: Page, parent: string): Promise<string> {
  const [last] = (await stepsOf(page, 'scripted-small')).slice(-1);
  await follow(page, `#/run/${parent}?step=${last}&rerun=${last}`);
  await changes(page).getByRole('button', { name: 'system', exact: false }).first().click();
  const system = changes(page).getByRole('textbox', { name: 'system' });
  await system.fill(`${await system.inputValue()} Offer store credit.`);
  await idle(page);
  await startButton(page).click();
  await expect.poll(() => runInAddress(page)).not.toBe(parent);
  await expectEnded(page);
  return runInAddress(page);
}

test('takes of a run, and takes of those: a tree that says what each changed, walked by keys', async ({
  freshHost,
  openRetake,
  seriousFaults,
  takePictures,
}) => {
  // Four runs of a real agent.
  test.slow();
  const page = await openRetake(freshHost);
  const parent = await recordDemo(page);
  const [fork] = (await stepsOf(page, 'scripted-small')).slice(-1);
  await expect(bar(page)).toBeHidden();

  const first = await takeWithFresherOrder(page, parent);
  await expect(bar(page).getByRole('link')).toHaveText([
    /^Take 1/,
    new RegExp(`^Take 2from step ${fork} · tool result of find_order: 45 → 12 days$`),
  ]);
  await expect(page.getByRole('region', { name: 'How this take went' })).toContainText(
    'tool result of find_order: 45 → 12 days',
  );
  await takePictures('take-tree-2-header');
  // Opened again it shows its fork, not its beginning.
  await follow(page, '#/runs');
  await follow(page, `#/run/${first}`);
  await expectStep(page, fork ?? 0);
  await expect(timeline(page).locator(`[data-step="${fork}"]`)).toContainText('fork');

  const credit = await takeWithInstructions(page, first);
  await follow(page, `#/run/${parent}`);
  await takeWithInstructions(page, parent);
  await press(page, 't');
  await expect(tree(page)).toBeFocused();
  await expect(items(page)).toHaveCount(4);
  await expect(items(page)).toHaveText([
    /^Take 1as it was recordedok/,
    new RegExp(`^Take 2from step ${fork}tool result of find_order: 45 → 12 daysok`),
    /^Take 3from step \d+instructions: \+ “Offer store credit.”ok/,
    // What was typed before stayed in the sheet.
    new RegExp(
      `^Take 4from step ${fork}instructions: \\+ “Offer store credit.” · tool result of find_order: 45 → 12 daysok`,
    ),
  ]);
  const levels = await items(page).evaluateAll((found) => found.map((row) => row.getAttribute('aria-level')));
  expect(levels).toEqual(['1', '2', '3', '2']);
  await expect(items(page).nth(1)).toContainText('I have refunded $48');
  await expect(items(page).nth(3)).toHaveAttribute('aria-selected', 'true');
  expect(await seriousFaults()).toEqual([]);
  await takePictures('take-tree-4');

  // Up to the take of the take, and in.
  await press(page, 'ArrowUp');
  await expect(tree(page)).toHaveAttribute('aria-activedescendant', `take-row-${credit}`);
  await press(page, 'Enter');
  expect(runInAddress(page)).toBe(credit);
  await expect(items(page).nth(2)).toHaveAttribute('aria-selected', 'true');
  await expect(tree(page)).toBeFocused();
  await expect(bar(page).getByRole('link')).toHaveText([/^Take 1/, /^Take 2/, /^Take 3/]);
  await takePictures('take-tree-nested');
  // Home, End, folding and unfolding.
  await press(page, 'Home', 'ArrowLeft');
  await expect(items(page)).toHaveCount(1);
  await press(page, 'ArrowRight', 'End');
  await expect(items(page)).toHaveCount(4);
  await press(page, 'Enter');
  expect(runInAddress(page)).not.toBe(credit);
  await press(page, 'Escape');
  await expect(tree(page)).toBeHidden();
  await expect(timeline(page)).toBeFocused();
  await press(page, 'Alt+ArrowUp');
  expect(runInAddress(page)).toBe(credit);
});

const ids = (number: number): string => idOf(`take ${number}`, 32);

/** A family as another install would have exported it: takes of one run, some of them taken again. */
function family(size: number): string {
  const edits: readonly (readonly Edit[])[] = [
    [{ op: 'model', model: 'haiku-4.5', scope: 'run' }],
    [{ op: 'params', set: { temperature: 0.2 }, scope: 'run' }],
    [{ op: 'tools', remove: ['search'], scope: 'run' }],
    [],
    [{ op: 'prompt_rule', find: 'concise', replace: 'thorough', where: 'system' }],
    [{ op: 'response', parts: [{ type: 'text', text: 'I looked at all three files and the test is right.' }] }],
    [{ op: 'tool_result', callId: 'call_1', content: 'exit 0: all 48 tests pass' }],
  ];
  return Array.from({ length: size }, (_, at) => {
    const number = at + 1;
    const parent = number === 1 ? undefined : number % 9 === 0 ? number - 1 : number % 9 === 1 ? number - 2 : 1;
    const startMs = 1_790_000_000_000 + at * 60_000;
    const root = idOf(`root ${number}`, 16);
    return exportRequest(
      [
        {
          traceId: ids(number),
          spanId: root,
          name: 'fix-flaky-test',
          startMs,
          endMs: startMs + 4_000 + at * 137,
          attributes: [
            ['gen_ai.operation.name', 'invoke_agent'],
            ['gen_ai.agent.name', 'fix-flaky-test'],
          ],
          ...(number % 7 === 5 ? { errorMessage: 'Ended with exit code 1.' } : {}),
        },
        ...[0, 1, 2].map((call) => ({
          traceId: ids(number),
          spanId: idOf(`call ${number} ${call}`, 16),
          parentSpanId: root,
          name: 'chat gpt-5',
          startMs: startMs + 100 + call * 1_000,
          endMs: startMs + 900 + call * 1_000,
          attributes: callAttributes({
            model: 'gpt-5',
            input: 900 + 300 * call,
            output: 40 + at,
            question: 'Make test/retry.spec.ts pass reliably.',
            answer: `The fake clock advances before attempt ${number} is scheduled, so I moved it.`,
          }),
        })),
      ],
      'fix-flaky-test',
      parent === undefined
        ? []
        : [
            ['retake.run.id', ids(number)],
            ['retake.run.kind', 'rerun'],
            ['retake.parent.run_id', ids(parent)],
            ['retake.fork.step', 1 + (number % 3)],
            ['retake.edits', JSON.stringify(edits[number % edits.length])],
          ],
    );
  }).join('\n');
}

test('a hundred takes: the rows in view exist, keys reach the last, each says its change', async ({
  freshHost,
  openRetake,
  seriousFaults,
  page: view,
}) => {
  await importContent(freshHost, family(100));
  const page = await openRetake(freshHost, `#/run/${ids(1)}`);
  await expect(bar(page)).toContainText('99 takes of it');
  await press(page, 't');
  await expect(items(page).first()).toContainText('as it was recorded');
  expect(await items(page).count()).toBeLessThan(45);
  await press(page, 'End');
  await expect(items(page).last()).toContainText(/^Take (98|100)from step/);
  await expect(items(page).last()).toBeInViewport();
  await press(page, 'Enter');
  await expect(bar(page).getByRole('link').last()).toContainText(/^Take (98|100)/);
  await press(page, 'Home');
  await expect(items(page).nth(1)).toContainText(/^Take 2from step 3without tool searchok/);
  for (const colorScheme of ['dark', 'light'] as const) {
    await view.emulateMedia({ colorScheme });
    expect(await seriousFaults(), colorScheme).toEqual([]);
  }
});

test('pictures of a tree of thirty', { tag: '@pictures' }, async ({ freshHost, openRetake, takePictures }) => {
  await importContent(freshHost, family(30));
  const page = await openRetake(freshHost, `#/run/${ids(10)}`);
  await takePictures('take-tree-30-header');
  await press(page, 't');
  await takePictures('take-tree-30');
  await follow(page, `#/run/${ids(5)}`);
  await takePictures('take-tree-30-failed');
});

test('a run is followed while it goes on; who looks elsewhere is told how many steps are new, and led back', async ({
  freshHost,
  openRetake,
  takePictures,
}) => {
  test.slow();
  // More rounds than the slowest machine gets to: the run must not end before the test does.
  const model = await startScriptedModel({ rounds: 900, delayMs: 700 });
  try {
    const page = await openRetake(freshHost);
    await press(page, 'Shift+R');
    const dialog = page.getByRole('dialog', { name: 'Record a run' });
    await dialog
      .getByRole('textbox', { name: 'Command', exact: true })
      .fill(`'${process.execPath}' '${join(projectRoot, 'e2e/agents/fetch-agent.ts')}' chat`);
    await dialog.getByRole('textbox', { name: 'Folder' }).fill(projectRoot);
    await dialog.getByRole('combobox', { name: 'Upstream address' }).fill(`${model.url}/v1`);
    await page.keyboard.press('Control+Enter');
    await expect(page).toHaveURL(/#\/run\/[0-9a-f]{32}$/);

    // The newest step is selected, read in the inspector, and in view, without any key.
    const selected = async () => Number(await selectedStep(page).getAttribute('data-step'));
    await expect.poll(selected).toBeGreaterThan(8);
    await expect.poll(async () => Number(await inspector(page).getAttribute('data-step'))).toBeGreaterThan(8);
    await expect(newSteps(page)).toBeHidden();
    await expect.poll(selected).toBeGreaterThan(26);
    await expect(selectedStep(page)).toBeInViewport();

    // Scrolled away: what is selected stays, and the button counts.
    await timeline(page).hover();
    await page.mouse.wheel(0, -4_000);
    await expect(newSteps(page)).toBeVisible();
    const left = await selected();
    await takePictures('take-new-steps');
    await expect(newSteps(page)).toContainText(/[3-9] new/);
    expect(await selected()).toBe(left);
    await newSteps(page).click();
    await expect(newSteps(page)).toBeHidden();
    await expect.poll(selected).toBeGreaterThan(left);
    await expect(selectedStep(page)).toBeInViewport();

    // Another step selected: the same, and a key leads back.
    await page.keyboard.press('Shift+K');
    await expect(newSteps(page)).toBeVisible();
    await page.keyboard.press('Shift+End');
    await expect(newSteps(page)).toBeHidden();
    await expect(page).toHaveURL(/#\/run\/[0-9a-f]{32}$/);
  } finally {
    await model.close();
  }
});
