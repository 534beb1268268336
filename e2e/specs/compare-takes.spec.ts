import type { Locator, Page } from 'playwright';
import { idle } from '../support/idle.ts';
import { changes, expectEnded, recordDemo, runInAddress, sheet, startButton, stepsOf } from '../support/rerun.ts';
import { follow } from '../support/steps.ts';
import { expect, test } from '../support/window-test.ts';

/** Takes beside what they were forked from: the fork is known, and what was edited there is what differs. */
const grid = (page: Page): Locator => page.getByRole('treegrid', { name: 'Aligned steps' });
const selected = (page: Page): Locator => grid(page).locator('[aria-selected=true]');
const difference = (page: Page): Locator => page.getByRole('region', { name: 'Difference', exact: true });
const divergence = (page: Page): Locator => page.getByRole('button', { name: /^First divergence/ });
const article = (page: Page, name: string): Locator => difference(page).getByRole('article', { name, exact: true });

/** Opens the sheet of the run that is open, at that step; the order is given as delivered so many days ago; the take is run to its end. */
async function retakeWith(page: Page, step: number, days: number): Promise<string> {
  const parent = runInAddress(page);
  await follow(page, `#/run/${parent}?step=${step}&rerun=${step}`);
  await expect(startButton(page)).toBeVisible();
  await idle(page);
  const result = changes(page).getByRole('article', { name: 'tool result · find_order' });
  if ((await result.count()) === 0)
    await changes(page)
      .getByRole('button', { name: /messages unchanged/ })
      .click();
  const text = changes(page).getByRole('textbox', { name: 'Result of find_order' });
  // What was changed in the sheet before is open already.
  if ((await text.count()) === 0)
    await result
      .getByRole('button', { name: /find_order/ })
      .first()
      .click();
  await text.fill((await text.inputValue()).replace(/\d+ days ago/, `${days} days ago`));
  await idle(page);
  await startButton(page).click();
  await expect.poll(() => runInAddress(page)).not.toBe(parent);
  await expectEnded(page);
  await expect(sheet(page)).toBeHidden();
  return runInAddress(page);
}

const comparing = (...runIds: readonly string[]): string =>
  `#/compare?runIds=${encodeURIComponent(JSON.stringify(runIds))}`;

/** The edit as lines with signs: what was taken out and what was put in. */
async function expectChange(block: Locator, before: string, after: string): Promise<void> {
  await expect(block).toContainText('≠ changed');
  await expect(block.locator('del mark').first()).toHaveText(before);
  await expect(block.locator('ins mark').first()).toHaveText(after);
}

test('an edited tool result: the fork beside its parent’s step, the message as changed, and what came of it', async ({
  freshHost,
  openRetake,
  seriousFaults,
  takePictures,
}) => {
  const page = await openRetake(freshHost);
  const parent = await recordDemo(page);
  const fork = (await stepsOf(page, 'scripted-small')).at(-1) ?? 0;
  const take = await retakeWith(page, fork, 12);

  await page
    .getByRole('region', { name: 'How this take went' })
    .getByRole('button', { name: 'Compare at the fork' })
    .click();
  await expect(page).toHaveURL(new RegExp(`#/compare.*pair=${fork}~${fork}`));
  await expect(divergence(page)).toContainText(
    `step ${fork}: tool result of find_order edited in take 2; the answer differs`,
  );
  await expect(selected(page)).toHaveAttribute('data-a', String(fork));
  await expect(selected(page)).toHaveAttribute('data-b', String(fork));
  await expect(selected(page)).toContainText('tool result of find_order edited in take 2');

  // In the difference: the message of the tool as changed, none as added.
  await expectChange(article(page, 'tool · tool result · find_order'), '45', '12');
  const context = difference(page).getByRole('region', { name: 'Messages in the context' });
  await expect(context.getByRole('article')).toHaveCount(1);
  await expect(difference(page)).toContainText('1 message part changed; the rest of the context is the same.');
  await expect(page.getByRole('main')).toContainText('7 steps came from the recording');
  expect(await seriousFaults()).toEqual([]);
  await takePictures('compare-fork');
  await difference(page).getByRole('tab', { name: 'Input' }).click();
  await expectChange(article(page, 'tool · tool result · find_order'), '45', '12');
  await expect(difference(page).getByText('+ added')).toHaveCount(0);

  // The other way round it is the same edit, in what is now the first of the two.
  await follow(page, comparing(take, parent));
  await expect(divergence(page)).toContainText(
    `step ${fork}: tool result of find_order edited in take 2; the answer differs`,
  );
  await expect(selected(page)).toHaveAttribute('data-a', String(fork));
  await expect(selected(page)).toHaveAttribute('data-b', String(fork));
});

test('a take of a take, and two takes of one run, meet at their forks', async ({
  freshHost,
  openRetake,
  takePictures,
}) => {
  const page = await openRetake(freshHost);
  const parent = await recordDemo(page);
  const fork = (await stepsOf(page, 'scripted-small')).at(-1) ?? 0;
  const second = await retakeWith(page, fork, 12);
  const third = await retakeWith(page, fork, 50);
  await follow(page, `#/run/${parent}`);
  const fourth = await retakeWith(page, fork, 14);

  for (const [a, b, before, after, words] of [
    [second, third, '12', '50', 'tool result of find_order edited in take 3'],
    [parent, third, '45', '50', 'tool result of find_order edited in take 3'],
    [second, fourth, '12', '14', 'tool result of find_order edited in take 2 and in take 4'],
    [third, fourth, '50', '14', 'tool result of find_order edited in take 3 and in take 4'],
  ] as const) {
    await follow(page, comparing(a, b));
    await expect(divergence(page)).toContainText(`step ${fork}: `);
    await expect(divergence(page)).toContainText(words);
    await expect(selected(page)).toHaveAttribute('data-a', String(fork));
    await expect(selected(page)).toHaveAttribute('data-b', String(fork));
    await expectChange(article(page, 'tool · tool result · find_order'), before, after);
  }
  await takePictures('compare-takes');
});
