import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Page } from 'playwright';
import { idle } from '../support/idle.ts';
import { follow, inspector, openTab, press, stepRow, timeline } from '../support/steps.ts';
import { exportRequest, idOf, importContent } from '../support/telemetry.ts';
import type { AttributeValue } from '../support/telemetry.ts';
import { expect, foreignTo, test as base } from '../support/window-test.ts';

interface Canary {
  /** An address that a trace wants somebody to fetch. */
  readonly url: string;
  readonly hits: readonly string[];
}

/** Somebody's server: whoever fetches an address from the trace, the window or the backend, is seen there. */
const test = base.extend<{ readonly canary: Canary }>({
  canary: async ({ page }, provide) => {
    const hits: string[] = [];
    const server = createServer((request, response) => {
      hits.push(request.url ?? '');
      response.end('seen');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The canary has no port.');
    await provide({ url: `http://127.0.0.1:${address.port}/canary`, hits });
    await page.close();
    server.closeAllConnections();
    server.close();
    expect(hits, 'what was fetched of the addresses in the trace').toEqual([]);
  },
});

const traceId = idOf('hostile', 32);
const startMs = 1_790_000_000_000;
const ansi = '\u001B[31mred\u001B[0m \u001B]0;title\u0007';
const rightToLeft = 'invoice_\u202Efdp.exe';
const longText = `begin of five megabytes ${'lorem ipsum <b>dolor</b> '.repeat(210_000)} end of five megabytes`;

function markup(url: string): string {
  return `<img src="${url}/img.png" onerror="window.owned=1"><script>window.owned=2</script><svg onload="window.owned=3"></svg><iframe src="${url}/frame"></iframe><link rel=stylesheet href="${url}/style.css"> ![picture](${url}/markdown.png) [link](javascript:window.owned=4)`;
}

function messages(role: string, ...parts: readonly object[]): string {
  return JSON.stringify([{ role, parts }]);
}

function hostileTrace(url: string): string {
  const html = markup(url);
  const text = (content: string) => ({ type: 'text', content });
  const names: readonly (readonly [string, AttributeValue])[] = [
    ['__proto__', 'polluted by a name'],
    ['constructor', 'polluted constructor'],
    ['__proto__.polluted', 'yes'],
    ['toString', 'not a function'],
    ['hasOwnProperty', 1],
    [html, html],
    [rightToLeft, rightToLeft],
    [ansi, ansi],
    ['', 'no name'],
  ];
  return exportRequest(
    [
      {
        traceId,
        spanId: idOf('hostile root', 16),
        name: html,
        startMs,
        endMs: startMs + 9_000,
        attributes: [['gen_ai.operation.name', 'invoke_agent'], ['gen_ai.agent.name', html], ...names],
      },
      {
        traceId,
        spanId: idOf('hostile call', 16),
        parentSpanId: idOf('hostile root', 16),
        name: `chat ${html}`,
        startMs: startMs + 10,
        endMs: startMs + 4_000,
        attributes: [
          ['gen_ai.operation.name', 'chat'],
          ['gen_ai.request.model', html],
          ['gen_ai.provider.name', html],
          ['gen_ai.usage.input_tokens', 100],
          ['gen_ai.usage.output_tokens', 10],
          ['gen_ai.system_instructions', JSON.stringify([text(html)])],
          [
            'gen_ai.tool.definitions',
            JSON.stringify([
              {
                type: 'function',
                name: html,
                description: html,
                parameters: { __proto__: { polluted: true }, type: 'object' },
              },
            ]),
          ],
          [
            'gen_ai.input.messages',
            messages(
              'user',
              text(html),
              text(ansi),
              text(rightToLeft),
              { type: 'uri', modality: 'image', mime_type: 'image/png', uri: `${url}/media.png` },
              { type: html, content: html },
            ),
          ],
          [
            'gen_ai.output.messages',
            messages(
              'assistant',
              { type: 'reasoning', content: html },
              { type: 'tool_call', id: 'call_1', name: 'browse', arguments: { url: html } },
            ),
          ],
          ...names,
        ],
        events: [
          {
            name: html,
            atMs: startMs + 20,
            attributes: [
              [html, html],
              ['__proto__', 'event'],
            ],
          },
        ],
      },
      {
        traceId,
        spanId: idOf('hostile tool', 16),
        parentSpanId: idOf('hostile root', 16),
        name: 'execute_tool browse',
        startMs: startMs + 4_000,
        endMs: startMs + 5_000,
        errorMessage: html,
        attributes: [
          ['gen_ai.operation.name', 'execute_tool'],
          ['gen_ai.tool.name', 'browse'],
          ['gen_ai.tool.call.id', 'call_1'],
          ['gen_ai.tool.call.arguments', JSON.stringify({ url: html })],
          [
            'gen_ai.tool.call.result',
            `{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}, "page": ${JSON.stringify(html)}, "again": ${JSON.stringify(html)}}`,
          ],
        ],
      },
      {
        traceId,
        spanId: idOf('hostile long', 16),
        parentSpanId: idOf('hostile root', 16),
        name: 'chat long',
        startMs: startMs + 5_000,
        endMs: startMs + 8_000,
        attributes: [
          ['gen_ai.operation.name', 'chat'],
          ['gen_ai.request.model', 'gpt-5.1'],
          ['gen_ai.usage.input_tokens', 1_300_000],
          ['gen_ai.usage.output_tokens', 5],
          ['gen_ai.input.messages', messages('user', text(longText))],
          ['gen_ai.output.messages', messages('assistant', text('ok'))],
        ],
      },
    ],
    html,
  );
}

/** Nothing of the trace became markup, ran, or changed an object's ancestors. */
async function expectHarmless(page: Page): Promise<void> {
  await idle(page);
  expect(
    await page.evaluate(() => ({
      owned: Reflect.get(window, 'owned') ?? 'no',
      polluted: Reflect.get({}, 'polluted') ?? 'no',
      elements: document.querySelectorAll(
        '#root img, #root iframe, #root script, #root link, #root object, #root embed, #root video, #root svg[onload], body > script, body > iframe',
      ).length,
      links: [...document.querySelectorAll('a[href]')]
        .map((link) => link.getAttribute('href') ?? '')
        .filter((href) => !href.startsWith('#/')),
    })),
  ).toEqual({ owned: 'no', polluted: 'no', elements: 0, links: [] });
}

test('markup, scripts, addresses and names in a trace are text on every screen, and nothing is fetched', async ({
  freshHost,
  openRetake,
  canary,
  watched,
}) => {
  const html = markup(canary.url);
  await importContent(freshHost, hostileTrace(canary.url));
  const page = await openRetake(freshHost);
  await expect(page.getByRole('grid', { name: 'Runs' }).getByRole('link')).toHaveText(html);
  await expectHarmless(page);

  await follow(page, `#/run/${traceId}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(html);
  await expect(timeline(page).locator('[data-step]')).toHaveCount(4);
  for (const step of [0, 1, 2]) {
    for (const tab of ['Messages', 'Tools', 'Attributes', 'Events', 'Cost', 'Raw'] as const) {
      await stepRow(page, step).getByRole('gridcell').first().click();
      await openTab(page, tab);
      await expectHarmless(page);
    }
  }
  await stepRow(page, 1).getByRole('gridcell').first().click();
  const messagesPanel = await openTab(page, 'Messages');
  await expect(messagesPanel.getByRole('article', { name: 'system' })).toContainText(html);
  const user = messagesPanel.getByRole('article', { name: 'user', exact: true });
  await expect(user).toContainText(html);
  await expect(user).toContainText(`${canary.url}/media.png`);
  await expect(user).toContainText('\u001B[31mred');
  await expect(user).toContainText(rightToLeft);
  await messagesPanel.getByRole('button', { name: /^reasoning/ }).click();
  await expect(messagesPanel.getByRole('article', { name: 'assistant, output' })).toContainText(html);
  await expectHarmless(page);

  await press(page, '2');
  await expect(page.getByRole('article', { name: /^Step 2/ })).toContainText(html);
  await expectHarmless(page);

  await press(page, 'Control+k');
  await page.keyboard.type('<img src=');
  await idle(page);
  await expect(page.getByRole('option').first()).toContainText('<img src=');
  await expectHarmless(page);
  await press(page, 'Escape');
  expect(watched.requests.length).toBeGreaterThan(5);
  expect(foreignTo(watched.requests)).toEqual([]);
});

test('attribute names like __proto__ are names like any other', async ({ freshHost, openRetake, canary }) => {
  await importContent(freshHost, hostileTrace(canary.url));
  const page = await openRetake(freshHost, `#/run/${traceId}?step=1&tab=attributes`);
  const span = inspector(page).getByRole('region', { name: 'Span attributes' });
  const rows = await span
    .locator('dl > div')
    .evaluateAll((elements) =>
      elements.map((element) => [
        element.querySelector('dt')?.firstChild?.textContent ?? '',
        element.querySelector('dd > div')?.textContent ?? '',
      ]),
    );
  const values = new Map(rows.map(([key = '', value = '']) => [key, value]));
  expect(values.get('__proto__')).toBe('polluted by a name');
  expect(values.get('constructor')).toBe('polluted constructor');
  expect(values.get('__proto__.polluted')).toBe('yes');
  expect(values.get('toString')).toBe('not a function');
  expect(values.get('hasOwnProperty')).toBe('1');
  expect(values.get(ansi)).toBe(ansi);
  expect(values.get(rightToLeft)).toBe(rightToLeft);
  await expectHarmless(page);
});

test('a message of five megabytes is shown in part, with the rest named and on demand', async ({
  freshHost,
  openRetake,
  canary,
}) => {
  await importContent(freshHost, hostileTrace(canary.url));
  const page = await openRetake(freshHost, `#/run/${traceId}?step=3`);
  const user = inspector(page).getByRole('article', { name: 'user' });
  await expect(user).toContainText('begin of five megabytes');
  await expect(user.getByText(`${longText.length.toLocaleString('en-US')} characters`)).toBeVisible();
  const shown = async () => (await user.innerText()).length;
  expect(await shown()).toBeLessThan(25_000);
  await user.getByRole('button', { name: /more characters$/ }).click();
  await idle(page);
  expect(await shown()).toBeGreaterThan(200_000);
  expect(await shown()).toBeLessThan(260_000);
  await expectHarmless(page);
});

test('a hostile file name is text in the report, and the policy forbids what it must', async ({
  freshHost,
  openRetake,
  canary,
}) => {
  const page = await openRetake(freshHost);
  const name = `<img src=x onerror=window.owned=5>&amp;.json`;
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: /^Open files/ }).click(),
  ]);
  await chooser.setFiles([{ name, mimeType: 'application/json', buffer: Buffer.from('{"no": "trace"}') }]);
  await idle(page);
  await expect(
    page
      .getByRole('dialog', { name: /^Import/ })
      .getByRole('listitem')
      .first(),
  ).toContainText(name);
  await expectHarmless(page);

  const response = await page.request.get(`${freshHost.origin}/`);
  const policy = new Map(
    (response.headers()['content-security-policy'] ?? '').split(';').map((directive) => {
      const [key = '', ...values] = directive.trim().split(/\s+/);
      return [key, values.join(' ')];
    }),
  );
  expect(policy.get('default-src')).toBe("'none'");
  expect(policy.get('script-src')).toBe("'self'");
  expect(policy.get('connect-src')).toBe("'self'");
  expect(policy.get('img-src')).not.toMatch(/https?:|\*/);
  expect([...policy.values()].join(' ')).not.toContain('unsafe');
  expect(response.headers()['x-content-type-options']).toBe('nosniff');
  expect(canary.hits).toEqual([]);
});
