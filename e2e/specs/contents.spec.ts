import { Buffer } from 'node:buffer';
import type { Locator, Page } from 'playwright';
import { idle } from '../support/idle.ts';
import { follow, inspector, press, timeline } from '../support/steps.ts';
import { exportRequest, idOf, importContent } from '../support/telemetry.ts';
import type { SpanOptions } from '../support/telemetry.ts';
import { expect, foreignTo, test } from '../support/window-test.ts';

const traceId = idOf('contents', 32);
const startMs = 1_790_000_000_000;
/** Nobody listens there: whoever asks for it is seen in the requests of the page. */
const canary = 'http://127.0.0.1:9/canary';
const html = `<img src="${canary}/i.png" onerror="window.owned=1"><script>window.owned=2</script><svg onload="window.owned=3"></svg>`;
const hostile = [
  html,
  `[link](javascript:window.owned=4) [out](${canary}/link) ![picture](${canary}/m.png) <${canary}/auto>`,
  `[data](data:text/html,<script>window.owned=5</script>) [vb](vbscript:window.owned=6)`,
  `| a | b |\n|---|---|\n| ${html} | [x](JaVaScRiPt:window.owned=7) |`,
  '```html\n<script>window.owned=8</script>\n```',
  `\u001B]8;;${canary}/osc\u0007click\u001B]8;;\u0007 \u001B[31m${html}\u001B[0m`,
].join('\n\n');

function tool(name: string, given: unknown, result: string): Omit<SpanOptions, 'traceId' | 'startMs' | 'endMs'> {
  return {
    name: `execute_tool ${name}`,
    attributes: [
      ['gen_ai.operation.name', 'execute_tool'],
      ['gen_ai.tool.name', name],
      ['gen_ai.tool.call.arguments', typeof given === 'string' ? given : JSON.stringify(given)],
      ['gen_ai.tool.call.result', result],
    ],
  };
}

const tools = [
  tool('Bash', { command: `echo ${hostile}`, workdir: html }, hostile),
  tool('Edit', { file_path: html, old_string: hostile, new_string: `${hostile}!` }, hostile),
  tool(
    'apply_patch',
    { patchText: `*** Begin Patch\n*** Update File: ${html}\n-${html}\n+[x](${canary})\n*** End Patch` },
    html,
  ),
  tool('todowrite', { todos: [{ content: hostile, status: 'in_progress' }] }, html),
  tool(
    'web_search',
    { query: html },
    JSON.stringify({ results: [{ title: html, url: 'javascript:window.owned=9', snippet: hostile }] }),
  ),
  tool('web_fetch', { url: `${canary}/page` }, JSON.stringify({ status: 200, text: hostile })),
  tool('Read', { file_path: `/p/${html}.html` }, `1\t${html}\n2\t<script>window.owned=10</script>`),
  tool('Grep', { pattern: html, path: html }, `${'a'.repeat(3)}.html:1:${html}`),
  tool('Task', { description: html, prompt: hostile, subagent_type: html }, hostile),
  tool(
    `mcp__${html}__x`,
    { __proto__: { polluted: true }, rows: [{ a: html }, { a: hostile }] },
    JSON.stringify([{ a: html }, { a: hostile }]),
  ),
];

const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function messagesSpan(): Omit<SpanOptions, 'traceId' | 'startMs' | 'endMs'> {
  const parts = [
    { type: 'text', content: hostile },
    { type: 'blob', modality: 'image', mime_type: 'image/png', content: dot },
    { type: 'blob', modality: 'image', mime_type: 'image/svg+xml', content: Buffer.from(html).toString('base64') },
    { type: 'blob', modality: 'audio', mime_type: 'audio/wav', content: Buffer.from(html).toString('base64') },
    { type: 'uri', modality: 'image', mime_type: 'image/png', uri: `${canary}/uri.png` },
  ];
  return {
    name: 'chat',
    attributes: [
      ['gen_ai.operation.name', 'chat'],
      ['gen_ai.request.model', 'gpt-5.4'],
      ['gen_ai.input.messages', JSON.stringify([{ role: 'user', parts }])],
      [
        'gen_ai.output.messages',
        JSON.stringify([
          {
            role: 'assistant',
            parts: [
              { type: 'reasoning', content: hostile },
              { type: 'text', content: `# Plan\n\n- **first**\n\n${hostile}` },
            ],
          },
        ]),
      ],
    ],
  };
}

function trace(): string {
  const spans = [messagesSpan(), ...tools].map((span, at) => ({
    ...span,
    traceId,
    spanId: idOf(`contents ${at}`, 16),
    startMs: startMs + at * 1_000,
    endMs: startMs + at * 1_000 + 500,
  }));
  return exportRequest(spans);
}

/** Pictures are drawn from bytes of the trace only; nothing ran, and nothing leads out of the window. */
async function expectHarmless(page: Page): Promise<void> {
  await idle(page);
  expect(
    await page.evaluate(() => ({
      owned: Reflect.get(window, 'owned') ?? 'no',
      polluted: Reflect.get({}, 'polluted') ?? 'no',
      elements: [...document.querySelectorAll('img, audio, iframe, script, link, object, embed, video, svg[onload]')]
        .filter((element) => element.closest('#root') !== null || element.parentElement === document.body)
        .map((element) => element.getAttribute('src') ?? element.tagName)
        .filter((source) => !source.startsWith('blob:')),
      links: [...document.querySelectorAll('a[href]')]
        .map((link) => link.getAttribute('href') ?? '')
        .filter((href) => !href.startsWith('#/')),
    })),
  ).toEqual({ owned: 'no', polluted: 'no', elements: [], links: [] });
}

const panel = (page: Page): Locator => inspector(page).getByRole('tabpanel');

test('hostile contents of every kind of tool and message are harmless in every mode, and pictures come from their bytes', async ({
  freshHost,
  openRetake,
  watched,
}) => {
  await importContent(freshHost, trace());
  const page = await openRetake(freshHost, `#/run/${traceId}?step=0`);
  for (let mode = 0; mode < 5; mode += 1) {
    for (let step = 0; step <= tools.length; step += 1) {
      await follow(page, `#/run/${traceId}?step=${step}`);
      await expect(inspector(page)).toHaveAttribute('data-step', String(step));
      await expectHarmless(page);
    }
    await press(page, 'v');
  }
  // As what they are again.
  await follow(page, `#/run/${traceId}?step=2`);
  await expect(panel(page).getByRole('deletion').first()).toContainText('window.owned=1');
  await expect(panel(page).getByRole('insertion').last()).toContainText('!');
  await follow(page, `#/run/${traceId}?step=0`);
  await expect(panel(page).getByRole('img', { name: 'Picture in the trace, image/png' })).toBeVisible();
  await expect(panel(page).getByText('its bytes are not what the trace says they are')).toBeVisible();
  await expect(panel(page).getByText('Plan', { exact: true })).toBeVisible();
  await panel(page).getByRole('button', { name: 'out' }).first().click();
  await expect(page.getByRole('dialog', { name: 'Address in the trace' })).toContainText(`${canary}/link`);
  await press(page, 'Escape', '2');
  await expect(page.getByRole('article', { name: /^Step 2/ })).toContainText('window.owned=1');
  await expectHarmless(page);
  expect(foreignTo(watched.requests)).toEqual([]);
});

test('a run of a coding agent reads: the task first, files, edits as diffs, rows that say which file, sums, columns that are kept', async ({
  freshHost,
  openRetake,
  seriousFaults,
}) => {
  const [transcript = ''] = await freshHost.importFixture('claude-code/2.1.330-session/transcript.jsonl');
  const [runId = ''] = await freshHost.importFixture('claude-code/alt/traces.jsonl.gz');
  const page = await openRetake(freshHost, `#/run/${transcript}?lens=conversation`);
  const flow = page.getByRole('region', { name: 'Conversation' });
  await expect(flow.getByRole('article').first()).toContainText('There is a failing test in this repo.');
  await expect(flow.getByRole('button', { name: /^instructions/ }).first()).toHaveAttribute('aria-expanded', 'false');
  await expect(flow.getByRole('region', { name: /^Text of .*package\.json$/ })).toContainText('"name"');
  expect(await seriousFaults()).toEqual([]);

  // The client says the task at the root only; the calls know nothing of it.
  await follow(page, `#/run/${runId}?lens=conversation`);
  await expect(flow.getByRole('article').first()).toContainText('There is a failing test in this repo.');
  await follow(page, `#/run/${runId}`);
  const edit = timeline(page)
    .getByRole('row', { name: /Edit src\/cart\.js/ })
    .first();
  await expect(edit).toBeVisible();
  await edit.getByRole('gridcell').nth(1).hover();
  await expect(page.locator('[data-hover]')).toContainText('from');

  await follow(page, `#/run/${runId}?step=0&tab=cost`);
  await expect(panel(page).getByRole('table', { name: /by kind/ })).toContainText('llm call');
  await panel(page).getByRole('tab', { name: 'tool' }).click();
  await expect(panel(page).getByRole('rowheader', { name: 'Bash' })).toBeVisible();
  expect(await seriousFaults()).toEqual([]);

  await timeline(page).getByRole('button', { name: 'Cost' }).click();
  await expect(timeline(page).getByRole('columnheader', { name: 'Cost' })).toHaveAttribute('aria-sort', 'descending');
  await press(page, 'w', 'w');
  await expect(page.getByRole('region', { name: 'Sums of the chosen time' })).toContainText('model');
  expect(await seriousFaults()).toEqual([]);

  const edge = timeline(page).getByRole('separator', { name: 'Width of Step' });
  await edge.focus();
  await press(page, 'ArrowRight', 'ArrowRight');
  const width = await edge.getAttribute('aria-valuenow');
  await page.reload();
  await expect(edge).toHaveAttribute('aria-valuenow', width ?? '');
});
