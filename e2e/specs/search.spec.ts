import type { Page } from 'playwright';
import { expect, test } from '../support/browser-test.ts';
import { idle } from '../support/idle.ts';
import { press } from '../support/steps.ts';

const palette = (page: Page) => page.getByRole('dialog', { name: 'Search and commands' });
const field = (page: Page) => palette(page).getByRole('combobox');

/** The index follows behind the import: what is found is asked for again until it is there. */
async function searchUntilFound(page: Page, query: string, shown: string): Promise<void> {
  await press(page, 'Control+k');
  await expect(async () => {
    await field(page).fill('');
    await field(page).fill(query);
    await idle(page);
    await expect(palette(page).getByRole('option').filter({ hasText: shown }).first()).toBeVisible({ timeout: 1 });
  }).toPass({ timeout: 120_000 });
}

test('a query leads to the step where the words stood first, opened and marked, and to the next ones', async ({
  freshHost,
  openRetake,
}) => {
  const [runId] = await freshHost.importFixture('otel-plain/retry/traces.jsonl');
  const page = await openRetake(freshHost);
  await searchUntilFound(page, 'model:gpt* "could not parse"', 'could not parse');
  await expect(palette(page).getByText(/^\d+ steps? in 1 run$/)).toBeVisible();
  const option = palette(page).getByRole('option').filter({ hasText: 'could not parse' }).first();
  const step = Number(/step (\d+)/.exec(await option.innerText())?.[1]);
  while ((await option.getAttribute('data-highlighted')) === null) await press(page, 'ArrowDown');
  await press(page, 'Enter');
  await idle(page);
  await expect(page).toHaveURL(new RegExp(`#/run/${runId}\\?step=${step}&find=`));
  const marked = () =>
    page.evaluate(() =>
      [...(CSS.highlights.get('retake-found')?.keys() ?? [])].map((range) =>
        range instanceof Range ? range.toString() : '',
      ),
    );
  await expect.poll(marked).toContain('could not parse');

  // ⌘F beside the steps: how many hold the words, and from one to the next without the mouse.
  await press(page, 'Control+f');
  const find = page.getByRole('search', { name: 'Find in this run' });
  await expect(find.getByRole('textbox')).toBeFocused();
  await page.keyboard.type('tokens');
  await idle(page);
  await expect(find.getByRole('status')).toContainText(/\d+ steps?/);
  await press(page, 'Enter');
  await idle(page);
  await expect(find.getByRole('status')).toContainText(/^\d+ of \d+ steps$/);
  const first = await page.getByRole('region', { name: 'Inspector' }).getAttribute('data-step');
  await press(page, 'Enter');
  await idle(page);
  expect(Number(await page.getByRole('region', { name: 'Inspector' }).getAttribute('data-step'))).toBeGreaterThan(
    Number(first),
  );
  await expect.poll(async () => (await marked()).map((text) => text.toLowerCase())).toContain('tokens');
  await press(page, 'Escape');
  await expect(find).toHaveCount(0);
  await expect(page).not.toHaveURL(/find=/);
});

test('a query is completed while it is typed, and what is none is said and put right', async ({
  freshHost,
  openRetake,
}) => {
  await freshHost.importFixture('otel-plain/retry/traces.jsonl');
  const page = await openRetake(freshHost);
  await press(page, 'Control+k');
  await page.keyboard.type('stat');
  await press(page, 'Tab');
  await expect(field(page)).toHaveValue('status:');
  await page.keyboard.type('er');
  await press(page, 'Tab');
  await expect(field(page)).toHaveValue('status:error ');
  await page.keyboard.type('modle:x');
  await idle(page);
  await expect(palette(page).getByRole('alert')).toContainText('There is no key modle. Is model:x meant?');
  await palette(page).getByRole('button', { name: 'Put it right' }).click();
  await expect(field(page)).toHaveValue('status:error model:x');
});

test('a view is a query with a name: saved, changed, renamed, deleted and had back', async ({
  freshHost,
  openRetake,
}) => {
  await freshHost.importFixture('otel-plain/retry/traces.jsonl');
  const page = await openRetake(freshHost);
  const views = page.getByRole('navigation', { name: 'Saved views' });
  await expect(views).toHaveCount(0);
  await press(page, '/');
  await page.keyboard.type('steps>5');
  await press(page, 'Enter');
  await idle(page);
  await expect(page).toHaveURL(new RegExp(`filter=${encodeURIComponent('{"text":"steps>5"}')}`));
  await views.getByRole('button', { name: 'Save as view' }).click();
  await page.keyboard.type('Long ones');
  await press(page, 'Enter');
  const view = views.getByRole('button', { name: 'Long ones', exact: true });
  await expect(view).toHaveAttribute('aria-current', 'true');

  await press(page, '/');
  await page.keyboard.type('cost>100');
  await press(page, 'Enter');
  await idle(page);
  await expect(views.getByRole('button', { name: /^Long ones changed/ })).toBeVisible();
  await views.getByRole('button', { name: 'All runs' }).click();
  await idle(page);
  await expect(page).toHaveURL(/#\/runs$/);
  await page.reload();
  await idle(page);
  await view.click();
  await idle(page);
  await expect(page.getByRole('button', { name: /^steps > 5/ })).toBeVisible();

  await views.getByRole('button', { name: 'More about the view Long ones' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(view).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(view).toBeVisible();

  await page.getByRole('textbox', { name: 'Filter runs' }).click();
  await page.keyboard.type('staus:error');
  await press(page, 'Enter');
  await expect(page.getByRole('alert')).toContainText('There is no key staus');
  await expect(page).toHaveURL(/steps/);
});
