import { showRun } from '../support/command-line.ts';
import { idle } from '../support/idle.ts';
import { expectStep, follow, inspector, openTab, stepRow } from '../support/steps.ts';
import { callAttributes, exportRequest, idOf, importContent, moneyText } from '../support/telemetry.ts';
import { expect, test } from '../support/window-test.ts';

/** 9 model calls, some of them retried, and two failed tools, directly under their agent. */
const retried = 'otel-plain/retry';

test.describe('inspector', () => {
  test('messages: the new first, the unchanged folded with their count, and all of them when unfolded', async ({
    host,
    openRetake,
  }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}?step=9`);
    const panel = await openTab(page, 'Messages');
    await expect(panel.getByRole('article')).toHaveCount(3);
    await expect(panel.getByRole('article', { name: 'tool result · fetch_page' })).toContainText(
      'Error: HTTP 404 fetching https://example.test/broken',
    );
    const output = panel.getByRole('article', { name: 'assistant, output' });
    await expect(output).toContainText('Monthly tokens: 42,000 conversations times 3,150 tokens.');
    await expect(output).toContainText('calculator({"expression":"42000 * 3150"})');
    await expect(output).toContainText('34 tok · tool_call');

    await panel.getByRole('button', { name: '8 earlier messages, unchanged' }).click();
    await idle(page);
    await expect(panel.getByRole('article')).toHaveCount(11);
    await expect(panel.getByRole('article').nth(0)).toContainText('You are a cost analyst for an AI engineering team.');
    await expect(panel.getByRole('article').nth(1)).toContainText('We handle 42,000 support conversations a month.');
    await panel.getByRole('button', { name: '8 earlier messages, unchanged' }).click();
    await expect(panel.getByRole('article')).toHaveCount(3);

    await output.getByRole('button', { name: 'open step' }).click();
    await expectStep(page, 10);
    await panel.getByRole('button', { name: 'step 9' }).click();
    await expectStep(page, 9);
    await panel.getByRole('button', { name: 'step 6' }).click();
    await expectStep(page, 6);
  });

  test('a tool step shows what it was given and what it gave, and which call asked for it', async ({
    host,
    openRetake,
  }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}?step=7`);
    const panel = inspector(page).getByRole('tabpanel');
    await expect(panel.getByText('asked for by step 6')).toBeVisible();
    const given = panel.getByRole('article', { name: 'Arguments' });
    await expect(given.getByRole('button', { name: 'https://example.test/broken' })).toBeVisible();
    await given.getByRole('button', { name: 'as sent' }).click();
    await expect(given).toContainText('{"url":"https://example.test/broken"}');
    await expect(panel.getByRole('region', { name: 'Error' })).toContainText(
      'HTTP 404 fetching https://example.test/broken',
    );
    await follow(page, `#/run/${runId}?step=10`);
    await expect(panel.getByRole('article', { name: 'Arguments' })).toContainText('{"expression":"42000 * 3150"}');
    await expect(panel.getByRole('article', { name: 'Result' })).toContainText('132300000');
  });

  test('tools: what was offered, the called one first, leading to its step', async ({ host, openRetake }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}?step=9`);
    const panel = await openTab(page, 'Tools');
    await expect(panel).toContainText('4 tools offered · 1 call');
    await expect(panel.getByRole('heading')).toHaveText(['calculator', 'web_search', 'fetch_page', 'save_note']);
    await panel.getByText('Parameters').first().click();
    await expect(panel.locator('details[open]')).toContainText('expression');
    await panel.getByRole('button', { name: 'step 10' }).click();
    await expectStep(page, 10);
  });

  test('attributes: all of the span with their types, filtered by words, long ones whole on demand', async ({
    host,
    openRetake,
  }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}?step=9`);
    const panel = await openTab(page, 'Attributes');
    const span = panel.getByRole('region', { name: 'Span attributes' });
    await expect(span.getByRole('heading')).toHaveText('Span 17');
    await expect(span.getByRole('term')).toHaveCount(17);
    const row = (key: string) =>
      span
        .locator('div')
        .filter({ has: page.locator('dt', { hasText: new RegExp(`^${key.replaceAll('.', '\\.')}(int|array)?$`) }) })
        .last();
    await expect(row('gen_ai.usage.input_tokens').getByRole('definition')).toHaveText('958');
    await expect(row('gen_ai.usage.input_tokens').getByRole('term')).toContainText('int');
    await expect(panel.getByRole('region', { name: 'Resource attributes' })).toContainText('plain-otel-agent');
    await row('gen_ai.input.messages')
      .getByRole('button', { name: /more characters$/ })
      .click();
    await expect(row('gen_ai.input.messages')).toContainText('Error: HTTP 404 fetching https://example.test/broken');
    await panel.getByRole('textbox', { name: 'Filter attributes' }).fill('gen_ai.usage');
    await idle(page);
    await expect(span.getByRole('heading')).toHaveText('Span 4 of 17');
    await expect(span.getByRole('term')).toHaveCount(4);
  });

  test('events: the failed attempts before an answer, with their moment', async ({ host, openRetake }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}?step=4`);
    const panel = await openTab(page, 'Events');
    await expect(panel.getByRole('listitem')).not.toHaveCount(0);
    await expect(panel.getByRole('listitem').first()).toContainText(/^\+\d+ms/);
    await panel
      .getByText(/^\d+ attributes?$/)
      .first()
      .click();
    await expect(panel.locator('details[open]').first()).toContainText('429');
    await follow(page, `#/run/${runId}?step=9&tab=events`);
    await expect(panel).toContainText('The client sent no events and no log records for this step.');
  });

  test('raw: the span as valid OTLP JSON', async ({ host, openRetake }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const page = await openRetake(host, `#/run/${runId}?step=9`);
    const panel = await openTab(page, 'Raw');
    const text = await panel.evaluate(
      (element) =>
        [...element.querySelectorAll('div')]
          .map((one) => one.textContent ?? '')
          .filter((one) => one.startsWith('{'))
          .at(-1) ?? '',
    );
    const parsed: unknown = JSON.parse(text);
    expect(parsed).toMatchObject({
      resourceSpans: [
        {
          resource: {
            attributes: expect.arrayContaining([{ key: 'service.name', value: { stringValue: 'plain-otel-agent' } }]),
          },
          scopeSpans: [
            {
              spans: [
                {
                  traceId: runId,
                  name: 'chat gpt-5.4',
                  startTimeUnixNano: '1795456974552000000',
                  endTimeUnixNano: '1795456974695037636',
                  attributes: expect.arrayContaining([
                    { key: 'gen_ai.usage.input_tokens', value: { intValue: '958' } },
                  ]),
                },
              ],
            },
          ],
        },
      ],
    });
  });
});

test.describe('cost', () => {
  test('its lines multiply and sum up to the cost that is shown, and name the price, its source and its date', async ({
    host,
    openRetake,
  }) => {
    const [runId] = await host.importFixture(`${retried}/traces.jsonl`);
    const { run, steps: known } = await showRun(host, runId ?? '');
    const page = await openRetake(host, `#/run/${runId}?tab=cost`);
    const calls = known.filter((step) => step.kind === 'llm' && step.costUsd !== null);
    expect(calls).toHaveLength(9);
    let total = 0;
    for (const call of calls.slice(0, 4)) {
      await follow(page, `#/run/${runId}?step=${call.index}&tab=cost`);
      await expectStep(page, call.index);
      const table = inspector(page).getByRole('table', { name: 'How the cost of this step is made up' });
      const lines = await table
        .locator('tbody tr')
        .evaluateAll((rows) =>
          rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
        );
      let sum = 0;
      let tokens = 0;
      for (const [count = '', , price = '', , cost = ''] of lines) {
        const usd = (figureOf(count) * figureOf(price)) / 1_000_000;
        expect(cost).toBe(moneyText(usd));
        sum += usd;
        tokens += figureOf(count);
      }
      expect(tokens).toBe((call.usage?.input ?? 0) + (call.usage?.output ?? 0));
      expect(sum).toBeCloseTo(call.costUsd ?? Number.NaN, 9);
      await expect(table.locator('tfoot')).toContainText(moneyText(sum));
      await expect(stepRow(page, call.index).getByRole('gridcell').nth(4)).toHaveText(moneyText(sum));
      total += sum;
    }
    expect(total).toBeGreaterThan(0);
    expect(calls.reduce((all, call) => all + (call.costUsd ?? 0), 0)).toBeCloseTo(run.costUsd ?? Number.NaN, 9);
    const facts = inspector(page).getByRole('tabpanel');
    await expect(facts).toContainText('gpt-5.4 · openai');
    await expect(facts).toContainText(/@pydantic\/genai-prices \d+\.\d+\.\d+/);
    await expect(facts).toContainText(/20\d\d-\d\d-\d\d/);
  });

  test('without a price it says so and never $0; a price of one’s own prices it at once, and taking that away undoes it', async ({
    freshHost,
    openRetake,
  }) => {
    const traceId = idOf('unpriced', 32);
    const startMs = 1_790_000_000_000;
    await importContent(
      freshHost,
      exportRequest([
        {
          traceId,
          spanId: idOf('root', 16),
          name: 'invoke_agent local',
          startMs,
          endMs: startMs + 2_000,
          attributes: [
            ['gen_ai.operation.name', 'invoke_agent'],
            ['gen_ai.agent.name', 'local'],
          ],
        },
        {
          traceId,
          spanId: idOf('call', 16),
          parentSpanId: idOf('root', 16),
          name: 'chat house-model-7b',
          startMs: startMs + 100,
          endMs: startMs + 1_900,
          attributes: callAttributes({
            model: 'house-model-7b',
            input: 1_000,
            output: 500,
            question: 'How much?',
            answer: 'Nobody knows.',
          }),
        },
      ]),
    );
    const page = await openRetake(freshHost);
    await expect(page.getByRole('grid', { name: 'Runs' }).locator(`[data-run="${traceId}"]`)).toContainText('no price');
    await expect(page.getByLabel('Totals')).toContainText('Cost no price');
    await follow(page, `#/run/${traceId}?step=1&tab=cost`);
    const panel = inspector(page).getByRole('tabpanel');
    await expect(panel.getByText('no price', { exact: true })).toBeVisible();
    await expect(stepRow(page, 1)).toContainText('no price');
    await expect(page.getByText('cost · no price for 1 call')).toBeVisible();
    expect(await page.locator('body').innerText()).not.toContain('$0');

    await panel.getByRole('button', { name: 'Add a price for house-model-7b' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a price' });
    await dialog.getByRole('textbox', { name: 'Input', exact: true }).fill('2');
    await dialog.getByRole('textbox', { name: 'Output', exact: true }).fill('8');
    await dialog.getByRole('button', { name: 'Add the price' }).click();
    await idle(page);
    // 1,000 × $2 + 500 × $8, a million each: $0.002 + $0.004.
    const table = panel.getByRole('table');
    await expect(table.locator('tbody tr')).toHaveText([
      'input, not cached1,000×$2.00=$0.0020',
      'output500×$8.00=$0.0040',
    ]);
    await expect(table.locator('tfoot')).toHaveText('this step$0.0060');
    await expect(panel).toContainText('yours comes first');
    await expect(stepRow(page, 1)).toContainText('$0.0060');
    await follow(page, '#/runs');
    await expect(page.getByRole('grid', { name: 'Runs' }).locator(`[data-run="${traceId}"]`)).toContainText('$0.0060');
    await expect(page.getByLabel('Totals')).toContainText('Cost $0.0060');

    await follow(page, '#/settings');
    await page.getByRole('button', { name: 'Delete the price of house-model-7b' }).click();
    await idle(page);
    await follow(page, `#/run/${traceId}?step=1&tab=cost`);
    await expect(panel.getByText('no price', { exact: true })).toBeVisible();
    await expect(page.getByText('cost · no price for 1 call')).toBeVisible();
  });
});

const figureOf = (text: string): number => Number(text.replaceAll(/[$,]/g, ''));
