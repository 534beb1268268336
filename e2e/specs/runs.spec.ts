import type { Locator, Page } from 'playwright';
import { listRuns } from '../support/command-line.ts';
import type { ListedRun } from '../support/command-line.ts';
import { generateSmallRuns } from '../support/generate-runs.ts';
import { idle } from '../support/idle.ts';
import {
  captures,
  importCaptures,
  retriedCapture as retried,
  runRows as rows,
  shownOrder,
} from '../support/runs-list.ts';
import { follow, press, stepRow, timeline } from '../support/steps.ts';
import {
  callAttributes,
  exportRequest,
  importContent,
  moneyText,
  newSpanId,
  newTraceId,
  sendTraces,
  shownHttpPort,
  tokensText,
  truthOf,
} from '../support/telemetry.ts';
import { expect, test } from '../support/window-test.ts';

/** Of the retried capture, beside its failed calls. */
const retriedToolErrors = 2;
const grid = (page: Page): Locator => page.getByRole('grid', { name: 'Runs' });
const totals = (page: Page): Locator => page.getByLabel('Totals');
const header = (page: Page, name: string): Locator => grid(page).getByRole('columnheader', { name, exact: true });

/** Texts of a row by the title of their column. */
async function cellsOf(page: Page, runId: string): Promise<ReadonlyMap<string, string>> {
  const titles = await grid(page).getByRole('columnheader').allInnerTexts();
  const cells = await grid(page).locator(`[data-run="${runId}"]`).getByRole('gridcell').allInnerTexts();
  return new Map(titles.map((title, at) => [title.trim(), (cells[at] ?? '').trim()]));
}

async function toggleColumns(page: Page, ...names: readonly string[]): Promise<void> {
  await page.getByRole('button', { name: 'Choose columns' }).click();
  for (const name of names) await page.getByRole('menuitemcheckbox', { name, exact: true }).click();
  await press(page, 'Escape');
  await expect(page.getByRole('menu')).toBeHidden();
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test.describe('known captures', () => {
  test('every figure of a row is what the model API counted', async ({ freshHost, openRetake }) => {
    const ids = await importCaptures(freshHost);
    const listed = new Map((await listRuns(freshHost)).map((run) => [run.id, run]));
    const page = await openRetake(freshHost);
    await expect(rows(page)).toHaveCount(captures.length);
    await toggleColumns(page, 'Errors', 'Model calls', 'Tool calls');
    for (const [capture, runId] of ids) {
      const truth = truthOf(capture);
      const cells = await cellsOf(page, runId);
      const toolErrors = capture === retried ? retriedToolErrors : 0;
      expect({
        capture,
        input: cells.get('Tokens in'),
        output: cells.get('Out'),
        cached: cells.get('Cached'),
        models: cells.get('Models'),
        llmCalls: cells.get('Model calls'),
        toolCalls: cells.get('Tool calls'),
        errors: cells.get('Errors'),
        cost: cells.get('Cost'),
        steps: cells.get('Steps'),
      }).toEqual({
        capture,
        input: tokensText(truth.usageTotal.input),
        output: tokensText(truth.usageTotal.output),
        cached: `${Math.round((truth.usageTotal.cached / truth.usageTotal.input) * 100)}%`,
        models: [...new Set(truth.llmCalls.map((call) => call.model))].join('\n'),
        llmCalls: String(truth.llmCallsOk),
        toolCalls: String(truth.toolCallsRequested),
        errors: String(truth.llmCallsFailed + toolErrors),
        cost: moneyText(listed.get(runId)?.costUsd ?? Number.NaN),
        steps: String(listed.get(runId)?.shownSteps),
      });
    }
  });

  test('the footer is the sum over all runs, and over what a filter leaves', async ({ freshHost, openRetake }) => {
    await importCaptures(freshHost);
    const listed = await listRuns(freshHost);
    const page = await openRetake(freshHost);
    const truths = captures.map((capture) => truthOf(capture));
    const input = sum(truths.map((truth) => truth.usageTotal.input));
    await expect(totals(page)).toContainText(`${captures.length} runs match`);
    await expect(totals(page)).toContainText(
      `Tokens in ${tokensText(input)} ${Math.round((sum(truths.map((truth) => truth.usageTotal.cached)) / input) * 100)}% cached`,
    );
    await expect(totals(page)).toContainText(`Out ${tokensText(sum(truths.map((truth) => truth.usageTotal.output)))}`);
    await expect(totals(page)).toContainText(`Cost ${moneyText(sum(listed.map((run) => run.costUsd ?? 0)))}`);
    await expect(totals(page)).toContainText(
      `Errors ${sum(truths.map((truth) => truth.llmCallsFailed)) + retriedToolErrors}`,
    );

    await page.getByRole('textbox', { name: 'Filter runs' }).fill('model:claude-sonnet-5');
    await press(page, 'Enter');
    const anthropic = truthOf('anthropic-openinference/normal');
    await expect(totals(page)).toContainText('1 run matches');
    await expect(totals(page)).toContainText(`Tokens in ${tokensText(anthropic.usageTotal.input)}`);
    await expect(totals(page)).toContainText(`Out ${tokensText(anthropic.usageTotal.output)}`);
  });

  test('sorting by a column orders by its figure both ways, stands in the address, and survives a reload', async ({
    freshHost,
    openRetake,
  }) => {
    await importCaptures(freshHost);
    const listed = await listRuns(freshHost);
    const page = await openRetake(freshHost);
    const figures: readonly (readonly [string, (run: ListedRun) => number])[] = [
      ['Cost', (run) => run.costUsd ?? 0],
      ['Tokens in', (run) => run.usage.input ?? 0],
      ['Out', (run) => run.usage.output ?? 0],
      ['Duration', (run) => run.durationMs ?? 0],
      ['Steps', (run) => run.shownSteps],
    ];
    for (const [name, figure] of figures) {
      for (const direction of ['descending', 'ascending'] as const) {
        await header(page, name).getByRole('button').click();
        await idle(page);
        await expect(header(page, name)).toHaveAttribute('aria-sort', direction);
        const shown = (await shownOrder(page)).map((id) => figure(listed.find((run) => run.id === id) ?? failed(id)));
        expect(shown, `${name}, ${direction}`).toEqual(
          shown.toSorted((left, right) => (direction === 'ascending' ? left - right : right - left)),
        );
        expect(new Set(shown).size).toBeGreaterThan(1);
      }
    }
    await header(page, 'Cost').getByRole('button').click();
    await expect(page).toHaveURL(/#\/runs\?sort=cost$/);
    await idle(page);
    const order = await shownOrder(page);
    await page.reload();
    await idle(page);
    await expect(header(page, 'Cost')).toHaveAttribute('aria-sort', 'descending');
    expect(await shownOrder(page)).toEqual(order);
  });

  test('chips and words are one filter: in the address, kept by a reload, taken away one by one', async ({
    freshHost,
    openRetake,
  }) => {
    const ids = await importCaptures(freshHost);
    const page = await openRetake(freshHost);
    await press(page, 'f');
    await page.getByRole('menuitem', { name: 'Status' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'failed' }).click();
    await press(page, 'Escape', 'Escape');
    await expect(page.getByRole('button', { name: 'status is failed', exact: true })).toBeVisible();
    expect(await shownOrder(page)).toEqual([ids.get('langfuse/fatal')]);
    await expect(page).toHaveURL(new RegExp(`filter=${encodeURIComponent('{"text":"status:error"}')}`));

    await page.reload();
    await idle(page);
    await expect(page.getByRole('button', { name: 'status is failed', exact: true })).toBeVisible();
    expect(await shownOrder(page)).toEqual([ids.get('langfuse/fatal')]);

    const field = page.getByRole('textbox', { name: 'Filter runs' });
    await field.fill('model:claude-sonnet-5');
    await press(page, 'Enter');
    await expect(field).toHaveValue('');
    await expect(page.getByRole('button', { name: 'model is claude-sonnet-5', exact: true })).toBeVisible();
    await expect(page.getByText('Nothing matches')).toBeVisible();
    await expect(page.getByText(`None of the ${captures.length} runs in this library fits the filter.`)).toBeVisible();

    await page.getByRole('button', { name: 'Remove the filter status is failed' }).click();
    await idle(page);
    expect(await shownOrder(page)).toEqual([ids.get('anthropic-openinference/normal')]);
    await press(page, 'Shift+F');
    await expect(rows(page)).toHaveCount(captures.length);
    await expect(page).toHaveURL(/#\/runs$/);

    // Free words look into the messages, while they are typed.
    await press(page, '/');
    await page.keyboard.type('calculator');
    await idle(page);
    await expect(rows(page)).toHaveCount(captures.length);
    await page.keyboard.type(' claude');
    await idle(page);
    expect(await shownOrder(page)).toEqual([ids.get('anthropic-openinference/normal')]);
    await expect(page).toHaveURL(/filter=.*calculator%20claude/);
  });

  test('columns are hidden, moved and resized, and stay so', async ({ freshHost, openRetake }) => {
    await importCaptures(freshHost);
    const page = await openRetake(freshHost);
    const titles = async () =>
      (await grid(page).getByRole('columnheader').allInnerTexts()).map((title) => title.trim());
    expect(await titles()).toEqual([
      'Status',
      'Run',
      'Agent',
      'Started',
      'Duration',
      'Steps',
      'Models',
      'Tokens in',
      'Cached',
      'Out',
      'Context',
      'Cost',
    ]);
    await toggleColumns(page, 'Agent', 'Context');
    await header(page, 'Cost').getByRole('button').focus();
    await press(page, 'Shift+ArrowLeft', 'Shift+ArrowLeft');
    await expect(header(page, 'Cost').getByRole('button')).toBeFocused();
    await header(page, 'Steps').getByRole('button').dragTo(header(page, 'Started'));
    await idle(page);
    const moved = ['Status', 'Run', 'Steps', 'Started', 'Duration', 'Models', 'Tokens in', 'Cost', 'Cached', 'Out'];
    expect(await titles()).toEqual(moved);

    const before = (await header(page, 'Duration').boundingBox())?.width ?? 0;
    const box = await header(page, 'Duration').boundingBox();
    if (box === null) throw new Error('The header has no box.');
    await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width + 39, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    await idle(page);
    const after = (await header(page, 'Duration').boundingBox())?.width ?? 0;
    expect(after - before).toBeCloseTo(40, 0);

    await page.reload();
    await idle(page);
    expect(await titles()).toEqual(moved);
    expect((await header(page, 'Duration').boundingBox())?.width).toBeCloseTo(after, 0);
    await header(page, 'Duration').getByRole('button').focus();
    await press(page, 'Control+ArrowRight');
    expect((await header(page, 'Duration').boundingBox())?.width).toBeCloseTo(after + 16, 0);

    await page.getByRole('button', { name: 'Choose columns' }).click();
    await page.getByRole('menuitem', { name: 'Reset the columns' }).click();
    await idle(page);
    expect(await titles()).toEqual([
      'Status',
      'Run',
      'Agent',
      'Started',
      'Duration',
      'Steps',
      'Models',
      'Tokens in',
      'Cached',
      'Out',
      'Context',
      'Cost',
    ]);
    expect((await header(page, 'Duration').boundingBox())?.width).toBeCloseTo(before, 0);
  });

  test('rows are selected by keys and by clicks with Ctrl, cleared by Escape, and opened by Enter or a click', async ({
    freshHost,
    openRetake,
  }) => {
    await importCaptures(freshHost);
    const page = await openRetake(freshHost);
    const order = await shownOrder(page);
    const selected = async () =>
      rows(page)
        .locator('xpath=self::*[@aria-selected="true"]')
        .evaluateAll((elements) => elements.map((element) => element.dataset.run));
    await press(page, 'j', 'x', 'j', 'j', 'x');
    expect(await selected()).toEqual([order[0], order[2]]);
    await rows(page)
      .nth(3)
      .locator('[role=gridcell]')
      .nth(4)
      .click({ modifiers: ['Control'] });
    await expect(page.getByRole('button', { name: /^3 selected/ })).toBeVisible();
    await press(page, 'Escape');
    expect(await selected()).toEqual([]);
    await press(page, 'j', 'Enter');
    await expect(page).toHaveURL(new RegExp(`#/run/${order[4]}`));
    await page.goBack();
    await idle(page);
    await rows(page).nth(1).locator('[role=gridcell]').nth(4).click();
    await expect(page).toHaveURL(new RegExp(`#/run/${order[1]}`));
  });
});

test('a live run appears, hangs under a provisional root until its root arrives, and moves', async ({
  freshHost,
  openRetake,
}) => {
  await freshHost.importFixture('vercel-ai/normal/traces.jsonl');
  const page = await openRetake(freshHost);
  await expect(rows(page)).toHaveCount(1);
  const port = await shownHttpPort(page);
  const traceId = newTraceId();
  const rootId = newSpanId();
  const now = Date.now();
  const call = (name: string, from: number, input: number, output: number) => ({
    traceId,
    parentSpanId: rootId,
    name,
    startMs: from,
    endMs: from + 400,
    attributes: callAttributes({
      model: 'gpt-5.1',
      input,
      output,
      question: `Question of ${name}`,
      answer: `Answer of ${name}`,
    }),
  });
  await sendTraces(
    port,
    exportRequest([call('chat one', now - 2_000, 1_200, 50), call('chat two', now - 1_500, 1_300, 60)]),
  );

  const live = grid(page).locator(`[data-run="${traceId}"]`);
  await expect(live).toBeVisible();
  await expect(live.getByRole('img', { name: 'running' })).toBeVisible();
  await expect.poll(async () => (await cellsOf(page, traceId)).get('Tokens in')).toBe('2.5k');
  expect((await cellsOf(page, traceId)).get('Duration')).toMatch(/^live \d+:\d\d$/);
  await expect(totals(page)).toContainText('2 runs match');

  await live.getByRole('gridcell').nth(4).click();
  await idle(page);
  const steps = timeline(page).locator('[data-step]');
  await expect(steps).toHaveCount(3);
  await expect(steps.nth(0)).toContainText('provisional');
  await expect(steps.nth(1)).toContainText('1.2k');

  await sendTraces(
    port,
    exportRequest([
      call('chat three', now - 1_000, 1_400, 70),
      {
        traceId,
        spanId: rootId,
        name: 'invoke_agent traveller',
        startMs: now - 2_100,
        endMs: now - 500,
        attributes: [
          ['gen_ai.operation.name', 'invoke_agent'],
          ['gen_ai.agent.name', 'traveller'],
        ],
      },
    ]),
  );
  await expect(steps).toHaveCount(4);
  await expect(stepRow(page, 0)).toContainText('traveller');
  await expect(page.getByText('provisional')).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1, name: 'traveller' })).toBeVisible();

  await follow(page, '#/runs');
  const cells = await cellsOf(page, traceId);
  expect([
    cells.get('Run')?.split('\n')[0],
    cells.get('Agent'),
    cells.get('Tokens in'),
    cells.get('Out'),
    cells.get('Steps'),
  ]).toEqual(['traveller', 'traveller', '3.9k', '180', '4']);
});

test('2,000 runs scroll to their end with few rows in the page, and back', async ({ freshHost, openRetake }) => {
  await importContent(freshHost, [...generateSmallRuns(2_000)].join('\n'));
  const page = await openRetake(freshHost);
  await expect(totals(page)).toContainText('2,000 runs match');
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '2001');
  const inPage = await rows(page).count();
  expect(inPage).toBeLessThan(80);

  const box = await grid(page).boundingBox();
  if (box === null) throw new Error('The list has no box.');
  await page.mouse.move(box.x + 300, box.y + 300);
  await page.mouse.wheel(0, 4_000);
  await idle(page);
  const first = await rows(page).first().getAttribute('aria-rowindex');
  expect(Number(first)).toBeGreaterThan(100);

  await page.mouse.wheel(0, 2_000_000);
  await expect(grid(page).locator('[aria-rowindex="2001"]')).toHaveAttribute('data-run', /^[0-9a-f]{32}$/);
  await idle(page);
  expect(await rows(page).count()).toBeLessThan(80);
  // Newest first: the last row is the first run that was generated.
  const last = await grid(page).locator('[aria-rowindex="2001"]').innerText();
  expect(last).toContain('agent-0');
  await expect(grid(page).getByText('loading…')).toHaveCount(0);
  await page.mouse.wheel(0, -2_000_000);
  await expect(grid(page).locator('[aria-rowindex="2"]')).toBeVisible();
});

function failed(id: string): never {
  throw new Error(`There is no run ${id}.`);
}
