import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright';
import { showRun } from '../support/command-line.ts';
import { idle } from '../support/idle.ts';
import { expectStep, follow, inspector, press, selectedStep, stepRow, timeline } from '../support/steps.ts';
import { moneyText, tokensText, truthOf } from '../support/telemetry.ts';
import { expect, test } from '../support/window-test.ts';

/** 8 model calls in 8 wrapper steps. */
const wrapped = 'vercel-ai/normal';
/** 9 model calls, some of them retried, and two failed tools, directly under their agent. */
const retried = 'otel-plain/retry';

const steps = (page: Page): Locator => timeline(page).locator('[data-step]');
const shownSteps = (page: Page): Promise<readonly number[]> =>
  steps(page).evaluateAll((rows) => rows.map((row) => Number(row.dataset.step)));

/** Kind, name and the figures of each shown row. */
async function rowFacts(
  page: Page,
): Promise<readonly { readonly kind: string; readonly name: string; readonly tokens: string }[]> {
  return steps(page).evaluateAll((rows) =>
    rows.map((row) => {
      const cells = [...row.querySelectorAll('[role=gridcell]')];
      return {
        kind: cells[1]?.querySelector('[role=img]')?.ariaLabel ?? '',
        name: cells[1]?.querySelector('[data-name]')?.getAttribute('data-name') ?? '',
        tokens: cells[3]?.textContent ?? '',
      };
    }),
  );
}

test('panes stay as they were left: shut by a key, moved by a key, over a reload', async ({ host, openRetake }) => {
  const [runId] = await host.importFixture(`${wrapped}/traces.jsonl`);
  const page = await openRetake(host, `#/run/${runId}?step=1`);
  const edge = page.getByRole('separator', { name: 'Resize inspector' });
  const place = async () => Number(await edge.getAttribute('aria-valuenow'));
  const before = await place();
  await edge.focus();
  await press(page, 'ArrowRight');
  await expect.poll(place).not.toBe(before);
  const moved = await place();
  await page.reload();
  await idle(page);
  await expect.poll(place).toBe(moved);

  await press(page, 'i');
  await expect.poll(place).toBe(100);
  await page.reload();
  await idle(page);
  await expect.poll(place).toBe(100);
  await press(page, 'i');
  await expect.poll(place).toBeLessThan(100);
  await page.reload();
  await idle(page);
  await expect.poll(place).toBeLessThan(100);
});

test.describe('timeline', () => {
  test('steps stand in the order of the conversation: each model call, then the tools it asked for', async ({
    host,
    openRetake,
  }) => {
    const [runId] = await host.importFixture(`${wrapped}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}`);
    const truth = truthOf(wrapped);
    const expected = truth.llmCalls.flatMap((call, at) => [
      { kind: 'llm call', name: call.model, tokens: tokensText(call.usage?.input ?? Number.NaN) },
      ...truth.toolCalls
        .filter((tool) => tool.llmSeq === at + 1)
        .map((tool) => ({ kind: 'tool', name: tool.name, tokens: '' })),
    ]);
    expect(expected).toHaveLength(17);
    await expect(steps(page)).toHaveCount(18);
    const [agent, ...rest] = await rowFacts(page);
    expect(agent).toEqual({ kind: 'agent', name: 'cost-research', tokens: tokensText(truth.usageTotal.input) });
    expect(rest).toEqual(expected);
    // The agent restates the sum: it says so and is not counted again.
    await expect(stepRow(page, 0).getByRole('gridcell').nth(3)).toHaveAttribute(
      'title',
      'Restates its steps: not counted again',
    );
  });

  test('H shows and hides wrapper steps', async ({ host, openRetake }) => {
    const [runId] = await host.importFixture(`${wrapped}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}`);
    await expect(steps(page)).toHaveCount(18);
    await expect(page.getByRole('button', { name: /^8 hidden/ })).toHaveAttribute('aria-pressed', 'false');
    await press(page, 'h');
    expect(await shownSteps(page)).toEqual(Array.from({ length: 26 }, (_, index) => index));
    expect((await rowFacts(page)).filter((row) => row.kind === 'chain').map((row) => row.name)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `step ${number}`),
    );
    await press(page, 'h');
    await expect(steps(page)).toHaveCount(18);
  });

  test('J K, ⇧J ⇧K, E ⇧E, [ ], Home and End walk the steps', async ({ host, openRetake }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}`);
    // The run did not fail: it opens on its first model call.
    await expectStep(page, 1);
    const walk: readonly (readonly [string, number])[] = [
      ['j', 2],
      ['ArrowDown', 3],
      ['k', 2],
      ['ArrowUp', 1],
      ['Shift+J', 4],
      ['Shift+J', 6],
      ['Shift+K', 4],
      ['e', 7],
      ['e', 8],
      ['e', 8],
      ['Shift+E', 7],
      ['Shift+E', 7],
      [']', 8],
      ['[', 7],
      ['End', 20],
      ['j', 20],
      ['Home', 0],
      ['k', 0],
      ['ArrowRight', 1],
      ['ArrowLeft', 0],
    ];
    for (const [key, step] of walk) {
      await press(page, key);
      await expect(selectedStep(page), `after ${key}`).toHaveAttribute('data-step', String(step));
      await expectStep(page, step);
    }
    await expect(timeline(page)).toHaveAttribute('aria-activedescendant', 'step-row-0');
  });

  test('[ and ] stay on their level; ← collapses, then leads to the parent; → expands', async ({
    host,
    openRetake,
  }) => {
    const [runId] = await host.importFixture(`${wrapped}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}?step=5`);
    // Step 5 is a wrapper: a link to it shows what is hidden.
    await expectStep(page, 5);
    await press(page, ']');
    await expectStep(page, 8);
    await press(page, '[', '[');
    await expectStep(page, 1);
    await press(page, '[');
    await expectStep(page, 1);
    await expect(stepRow(page, 1)).toHaveAttribute('aria-expanded', 'true');
    await press(page, 'ArrowLeft');
    await expect(stepRow(page, 1)).toHaveAttribute('aria-expanded', 'false');
    expect((await shownSteps(page)).slice(0, 3)).toEqual([0, 1, 5]);
    await press(page, 'ArrowRight');
    expect((await shownSteps(page)).slice(0, 3)).toEqual([0, 1, 2]);
    await press(page, 'ArrowRight');
    await expectStep(page, 2);
    await press(page, 'ArrowLeft');
    await expectStep(page, 1);
    await press(page, 'ArrowLeft', 'ArrowLeft');
    await expectStep(page, 0);
  });

  test('$ sizes the bars by time, tokens and cost', async ({ host, openRetake }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}`);
    const { steps: known } = await showRun(host, runId ?? '');
    const widths = async () =>
      steps(page).evaluateAll((rows) =>
        rows.map(
          (row) =>
            row.querySelector<HTMLElement>('[role=gridcell]:nth-child(3) > span')?.getBoundingClientRect().width ?? 0,
        ),
      );
    await expect(page.getByRole('button', { name: 'Bars by time' })).toBeVisible();
    const byTime = await widths();
    expect((byTime[4] ?? 0) / (byTime[0] ?? 0)).toBeCloseTo(
      (known[4]?.durationMs ?? 0) / (known[0]?.durationMs ?? 1),
      1,
    );
    await press(page, '$');
    await expect(page.getByRole('button', { name: 'Bars by tokens' })).toBeVisible();
    const byTokens = await widths();
    const tokens = known.map((step) => (step.usage?.input ?? 0) + (step.usage?.output ?? 0));
    expect((byTokens[4] ?? 0) / (byTokens[20] ?? 0)).toBeCloseTo((tokens[4] ?? 0) / (tokens[20] ?? 1), 2);
    expect(byTokens[2]).toBe(0);
    await press(page, '$');
    await expect(page.getByRole('button', { name: 'Bars by cost' })).toBeVisible();
    const byCost = await widths();
    expect((byCost[4] ?? 0) / (byCost[1] ?? 0)).toBeCloseTo((known[4]?.costUsd ?? 0) / (known[1]?.costUsd ?? 1), 2);
    await press(page, '$');
    await expect(page.getByRole('button', { name: 'Bars by time' })).toBeVisible();
  });

  test('a filter keeps matches with the way to them, J walks the matches, Escape clears it', async ({
    host,
    openRetake,
  }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}`);
    await press(page, '/');
    await page.keyboard.type('calculator 132300000');
    await idle(page);
    await expect(page.getByRole('status').filter({ hasText: 'found' })).toHaveText('2 steps found');
    expect(await shownSteps(page)).toEqual([0, 12, 13]);
    await press(page, 'Enter', 'j');
    await expectStep(page, 12);
    await press(page, 'j', 'j');
    await expectStep(page, 13);
    await press(page, '/', 'Escape');
    await expect(steps(page)).toHaveCount(21);
    await page.getByRole('button', { name: 'all kinds' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'tool · 11' }).click();
    await press(page, 'Escape');
    expect(await shownSteps(page)).toEqual([0, 2, 3, 5, 7, 8, 10, 12, 13, 15, 17, 19]);
  });

  test('a drag on the overview zooms to that time, and 0 shows the whole run again', async ({ host, openRetake }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}`);
    const { run, steps: known } = await showRun(host, runId ?? '');
    const strip = page.getByRole('region', { name: 'Overview of the run' }).getByRole('img');
    await expect(strip).toHaveAccessibleName(
      `21 steps over 3.6s, 2 steps failed, context up to 1.6k tokens, cost ${moneyText(run.costUsd ?? 0)}.`,
    );
    const box = await strip.boundingBox();
    if (box === null) throw new Error('The overview has no box.');
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 20, { steps: 5 });
    await page.mouse.up();
    await idle(page);
    await expect(page.getByRole('toolbar', { name: 'Steps' })).toContainText(/1\.8s – 2\.7s/);
    const [from, to] = [(run.durationMs ?? 0) * 0.5, (run.durationMs ?? 0) * 0.75];
    const started = Date.parse(run.startedAt ?? '');
    const within = known
      .filter(
        (step) =>
          Date.parse(step.startedAt ?? '') - started < to + 2 &&
          Date.parse(step.startedAt ?? '') - started + (step.durationMs ?? 0) > from - 2,
      )
      .map((step) => step.index);
    expect(await shownSteps(page)).toEqual(within);
    expect(within.length).toBeLessThan(12);
    await press(page, '0');
    await expect(steps(page)).toHaveCount(21);
    await expect(page.getByRole('toolbar', { name: 'Steps' })).not.toContainText('–');
    await press(page, 'w');
    await expect(page.getByRole('toolbar', { name: 'Steps' })).toContainText('–');
    await expect(page.getByRole('region', { name: 'Sums of the chosen time' })).toContainText('model');
    await page.getByRole('button', { name: 'Show the whole run' }).click();
    await expect(steps(page)).toHaveCount(21);
  });
});

test('the address holds step and tab; reload, back and forward lead where they should', async ({
  host,
  openRetake,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
  const page = await openRetake(host, '#/runs');
  await follow(page, `#/run/${runId}`);
  await stepRow(page, 4).click();
  await idle(page);
  await stepRow(page, 8).click();
  await idle(page);
  await expect(page).toHaveURL(new RegExp(`#/run/${runId}\\?step=8$`));
  await press(page, '.', '.', '.', '.');
  await expect(page).toHaveURL(/step=8&tab=cost$/);
  await press(page, 'j');
  await expect(page).toHaveURL(/step=9&tab=cost$/);
  await page.reload();
  await idle(page);
  await expectStep(page, 9);
  await expect(inspector(page).getByRole('tab', { name: 'Cost' })).toHaveAttribute('aria-selected', 'true');

  await press(page, 'Shift+L');
  await expect(page.getByText('Link copied')).toBeVisible();
  expect(new URL(await page.evaluate(() => navigator.clipboard.readText())).hash).toBe(
    `#/run/${runId}?step=9&lens=timeline&tab=cost`,
  );

  await page.goBack();
  await idle(page);
  await expectStep(page, 4);
  await page.goForward();
  await idle(page);
  await expectStep(page, 9);
  await press(page, 'Alt+ArrowLeft', 'Alt+ArrowLeft');
  await expectStep(page, 1);
  await press(page, 'Alt+ArrowLeft');
  await expect(page.getByRole('grid', { name: 'Runs' })).toBeVisible();

  await follow(page, `#/run/${runId}?step=99`);
  await expect(page.getByText('This run has no step 99')).toBeVisible();
  await follow(page, `#/run/${'0'.repeat(32)}`);
  await expect(page.getByText('This run is not in the library')).toBeVisible();
});

test('a failed run opens on what failed last, with its message', async ({ host, openRetake }) => {
  const [runId] = await host.importFixture('langgraph-openinference/fatal/traces.jsonl');
  const page = await openRetake(host, `#/run/${runId}`);
  await expectStep(page, 19);
  await expect(inspector(page).getByRole('region', { name: 'Error' })).toContainText(
    "400 Invalid 'messages[9]': tool result references an unknown",
  );
  await expect(page.getByRole('heading', { level: 1 }).locator('xpath=..')).toContainText('failed');
});

test('the conversation lens shows the same steps, words and selection', async ({ host, openRetake }) => {
  const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
  const page = await openRetake(host, `#/run/${runId}?step=9`);
  await press(page, '2');
  const card = page.getByRole('article', { name: 'Step 9, gpt-5.4' });
  await expect(card).toHaveAttribute('aria-current', 'step');
  await expect(card).toContainText('Monthly tokens: 42,000 conversations times 3,150 tokens.');
  await press(page, 'j');
  await expect(page.getByRole('article', { name: 'Step 10, calculator' })).toHaveAttribute('aria-current', 'step');
  await expect(page).toHaveURL(/step=10&lens=conversation$/);
  await press(page, '1');
  await expectStep(page, 10);
});

test('runs open in the lens and on the tab that were chosen last, also in a window that is started again', async ({
  host,
  openRetake,
}) => {
  const [first] = await host.importFixture(`${retried}/traces.jsonl`);
  const [second] = await host.importFixture(`${wrapped}/traces.jsonl`);
  const page = await openRetake(host, `#/run/${first}?step=9`);
  const isOn = (name: string) =>
    expect(inspector(page).getByRole('tab', { name })).toHaveAttribute('aria-selected', 'true');
  await press(page, '.', '2');
  await isOn('Tools');
  await follow(page, `#/run/${second}`);
  await expect(page.getByRole('region', { name: 'Conversation' })).toBeVisible();
  await isOn('Tools');

  // A link that says where it leads is followed, and chooses for its own run alone.
  await follow(page, `#/run/${second}?step=1&lens=timeline&tab=raw`);
  await expect(timeline(page)).toBeVisible();
  await isOn('Raw');
  await page.goto('about:blank');
  await openRetake(host, `#/run/${first}?step=9`);
  await expect(page.getByRole('region', { name: 'Conversation' })).toBeVisible();
  await isOn('Tools');
});

test('a run is exported with all its spans', async ({ host, openRetake }) => {
  const [runId] = await host.importFixture(`${wrapped}/traces.jsonl`);
  const page = await openRetake(host, `#/run/${runId}`);
  await press(page, 'Control+e');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /^OpenTelemetry, JSON/ }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.json$/);
  const exported = await readFile(await download.path(), 'utf8');
  expect(exported.match(/"spanId":/g)).toHaveLength(26);
  expect(exported.match(new RegExp(`"traceId":\\s*"${runId}"`, 'g'))).toHaveLength(26);
});
