import type { Page } from 'playwright';
import { listRuns } from '../support/command-line.ts';
import type { Host } from '../support/host.ts';
import { idle } from '../support/idle.ts';
import { follow, press } from '../support/steps.ts';
import { expect, test } from '../support/window-test.ts';

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

const catalogue = (input: number): Buffer =>
  Buffer.from(
    JSON.stringify([
      {
        id: 'openai',
        api_pattern: 'https://api\\.openai\\.com',
        model_match: { starts_with: 'gpt' },
        models: [
          { id: 'gpt-5.4', match: { starts_with: 'gpt-5.4' }, prices: { input_mtok: input, output_mtok: 0 } },
          { id: 'gpt-new', match: { equals: 'gpt-new' }, prices: { input_mtok: 1 } },
        ],
      },
    ]),
  );

async function take(page: Page, name: string, buffer: Buffer): Promise<void> {
  const chosen = page.waitForEvent('filechooser');
  await section(page, 'Prices').getByRole('button', { name: 'Update from file…' }).click();
  await (await chosen).setFiles({ name, mimeType: 'application/json', buffer });
  await idle(page);
}

/** A library of one run, and what the command line says of it. */
async function oneRun(host: Host) {
  const [runId] = await host.importFixture('vercel-ai/normal/traces.jsonl');
  const [before] = await listRuns(host);
  return { runId, before };
}

test('another catalogue is taken from a file, says what it changes, and the one before comes back', async ({
  freshHost,
  openRetake,
  seriousFaults,
  takePictures,
}) => {
  const { before, runId } = await oneRun(freshHost);
  const page = await openRetake(freshHost, '#/settings');
  const prices = section(page, 'Prices');
  await expect(prices).toContainText('@pydantic/genai-prices 0.1.8, of 2026-09-23 (comes with Retake)');
  await expect(prices.getByRole('button', { name: 'Back to those before' })).toHaveCount(0);

  await take(page, 'mine.json', catalogue(1_000));
  await expect(prices).toContainText('1 of 1 run cost otherwise');
  await expect(page.getByText('Runs have other prices').first()).toBeVisible();
  await expect(prices).toContainText('mine.json, of 20');
  await expect(prices).toContainText('gpt-5.4: $');
  await expect(prices.getByText('1 model new')).toBeVisible();
  await prices.getByText('1 model with other prices').click();
  await expect(prices).toContainText('openai/gpt-5.4: input 2.5, above 271999: 5 → 1000');
  await takePictures('settings-prices');
  expect(await seriousFaults()).toEqual([]);

  await take(page, 'junk.json', Buffer.from('[\n{"id": 3}]'));
  await expect(
    page.getByText(/At \[0\]\.id.*Nothing was changed: the prices stay those of .* \(mine\.json\)/).first(),
  ).toBeVisible();
  await expect(prices).toContainText('mine.json, of 20');
  const dear = (before?.usage.input ?? Number.NaN) / 1_000;
  await expect(page.getByText(/^prices: 20/)).toBeVisible();
  await follow(page, `#/run/${runId}`);
  await expect(page.getByText(`$${dear.toFixed(2)}`).first()).toBeVisible();

  // By keys alone, from wherever one is.
  await press(page, 'Control+k');
  await page.keyboard.type('Back to the prices');
  await press(page, 'Enter');
  await expect(page.getByText(/1 of 1 run cost otherwise/).first()).toBeVisible();
  expect((await listRuns(freshHost))[0]?.costUsd).toBe(before?.costUsd);
});

test('a contract stands in the arithmetic of a step, own prices have tiers, and what is probably meant otherwise is asked about', async ({
  freshHost,
  openRetake,
  seriousFaults,
  takePictures,
}) => {
  const { before, runId } = await oneRun(freshHost);
  const page = await openRetake(freshHost, '#/settings');
  await section(page, 'Contracts').getByRole('button', { name: 'Add a contract' }).click();
  const contract = page.getByRole('dialog', { name: 'Add a contract' });
  await contract.getByRole('textbox', { name: 'Provider' }).fill('openai');
  await contract.getByRole('textbox', { name: 'Percent off the list' }).fill('0.15');
  await press(page, 'Enter');
  await expect(contract).toContainText('0.15 %? If it is a share, type 15.');
  await contract.getByRole('textbox', { name: 'Percent off the list' }).fill('15');
  await press(page, 'Enter');
  await expect(contract).toHaveCount(0);
  await idle(page);
  await expect(section(page, 'Contracts')).toContainText('15 %');
  const [after] = await listRuns(freshHost);
  expect(after?.costUsd).toBeCloseTo((before?.costUsd ?? Number.NaN) * 0.85, 9);

  await follow(page, `#/run/${runId}?step=2&tab=cost`);
  const arithmetic = page.getByRole('table', { name: 'How the cost of this step is made up' });
  await expect(arithmetic.locator('tfoot')).toContainText(/list \$0\.\d+ × 0\.85 contract=\$0\.\d+/);
  await expect(page.getByRole('tabpanel')).toContainText('with openai: the prices above are what is paid');
  await takePictures('cost-contract');

  await follow(page, '#/settings');
  await section(page, 'Own prices').getByRole('button', { name: 'Add a price' }).click();
  const price = page.getByRole('dialog', { name: 'Add a price' });
  await price.getByRole('textbox', { name: /^Model/ }).fill('gpt-5.4*');
  await price.getByRole('textbox', { name: 'Input, $ per million' }).fill('0.000003');
  await price.getByRole('textbox', { name: 'Output, $ per million' }).fill('15');
  await price.getByRole('textbox', { name: 'Batch, % of these prices' }).fill('50');
  await price.getByRole('button', { name: 'Add a tier for long inputs' }).click();
  const tier = price.getByRole('group', { name: /^Tier 1/ });
  // It comes into sight, and is typed in at once.
  await expect(tier.getByRole('textbox', { name: 'Above (tokens)' })).toBeFocused();
  await expect(tier.getByRole('button', { name: 'Remove tier 1' })).toBeInViewport({ ratio: 1 });
  await tier.getByRole('textbox', { name: 'Above (tokens)' }).fill('1k');
  await tier.getByRole('textbox', { name: 'Input' }).fill('6');
  await tier.getByRole('textbox', { name: 'Output' }).fill('22.5');
  await price.getByRole('button', { name: 'Save' }).click();
  await expect(price).toContainText('If it is for one token, type 3.');
  await tier.scrollIntoViewIfNeeded();
  await takePictures('price-dialog');
  expect(await seriousFaults()).toEqual([]);
  await price.getByRole('textbox', { name: 'Input, $ per million' }).fill('3');
  await price.getByRole('button', { name: 'Save' }).click();
  await expect(price).toHaveCount(0);
  await idle(page);
  await expect(section(page, 'Own prices')).toContainText('above 1,000 tokens: $6.00, output $22.50');
  await follow(page, `#/run/${runId}?step=2&tab=cost`);
  await expect(page.getByRole('tabpanel')).toContainText('yours comes first');
});

test('money is shown in another currency at one’s own rate, and says so; what is typed in dollars stays', async ({
  freshHost,
  openRetake,
  takePictures,
}) => {
  const [runId] = await freshHost.importFixture('vercel-ai/normal/traces.jsonl');
  const [run] = await listRuns(freshHost);
  const page = await openRetake(freshHost, '#/settings');
  const currency = section(page, 'Currency');
  await currency.getByRole('textbox', { name: 'Currency' }).fill('eur');
  await currency.getByRole('textbox', { name: 'One US dollar is' }).fill('100');
  await currency.getByRole('textbox', { name: 'Rate of this day' }).fill('2026-11-01');
  await press(page, 'Enter');
  await idle(page);
  await expect(currency).toContainText('1 USD = 100 EUR, your rate of 2026-11-01');
  await expect(page.getByText('EUR at your rate of 2026-11-01')).toBeVisible();
  const shown = `€${((run?.costUsd ?? Number.NaN) * 100).toFixed(2)}`;
  await follow(page, '#/runs');
  await expect(page.getByRole('grid', { name: 'Runs' }).locator(`[data-run="${runId}"]`)).toContainText(shown);
  await follow(page, '#/costs?days=0');
  await expect(page.getByLabel('Figures').locator('dd').first()).toHaveText(shown);
  await takePictures('costs-euro');
  await follow(page, `#/run/${runId}?step=2&tab=cost`);
  const arithmetic = page.getByRole('table', { name: 'How the cost of this step is made up' });
  await expect(arithmetic.locator('tfoot')).toContainText('converted: 1 USD = 100 EUR, your rate of 2026-11-01');
  await expect(arithmetic.locator('tbody')).toContainText('$');
  await takePictures('cost-euro');
  expect((await listRuns(freshHost))[0]?.costUsd).toBe(run?.costUsd);
  await page.reload();
  await idle(page);
  await expect(page.getByText('EUR at your rate of 2026-11-01')).toBeVisible();
  await follow(page, '#/settings');
  await section(page, 'Currency').getByRole('button', { name: 'Show US dollars' }).click();
  await idle(page);
  await expect(page.getByText('EUR at your rate')).toHaveCount(0);
});
