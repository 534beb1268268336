import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '../support/browser-test.ts';
import { shareRun } from '../support/command-line.ts';
import { generateRun, wholeConversation } from '../support/generate-runs.ts';
import { exportRequest, idOf, importContent } from '../support/telemetry.ts';

const address = 'http://127.0.0.1:9/canary';
const markup = `<img src="${address}" onerror="window.owned=1"><script>window.owned=2</script></script><!--<script>window.owned=3</script>--><svg onload="window.owned=4"></svg> ![p](${address}) [l](javascript:window.owned=5)`;

test('a run as one HTML file: no request, no error, nothing of the run runs; steps by address and by keys', async ({
  freshHost,
  context,
  page,
}) => {
  const traceId = idOf('shared file', 32);
  const [hostile = ''] = await importContent(
    freshHost,
    exportRequest([
      { traceId, name: markup, startMs: 1_790_000_000_000, endMs: 1_790_000_001_000, errorMessage: markup },
      {
        traceId,
        name: `chat ${markup}`,
        startMs: 1_790_000_000_100,
        endMs: 1_790_000_000_900,
        attributes: [
          ['gen_ai.operation.name', 'chat'],
          ['gen_ai.request.model', markup],
          ['gen_ai.input.messages', JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: markup }] }])],
          [
            'gen_ai.output.messages',
            JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: markup }] }]),
          ],
        ],
      },
    ]),
  );
  const [large = ''] = await importContent(
    freshHost,
    [...generateRun({ ...wholeConversation(3, 300), contextLimitBytes: 4_000, resultBytes: [100, 300] })].join('\n'),
  );
  const seen: string[] = [];
  page.on('request', (request) => seen.push(request.url()));
  page.on('pageerror', (error) => seen.push(error.message));
  page.on('console', (message) => seen.push(message.text()));
  // How much of the file is read, and when: a list of ten thousand steps stands there before their texts are looked at.
  await page.addInitScript(() => {
    const parse = JSON.parse;
    const parsed: number[] = [];
    Object.assign(globalThis, { parsed });
    JSON.parse = (text: string) => {
      parsed.push(text.length);
      return parse(text) as unknown;
    };
  });
  await context.setOffline(true);

  const hostileFile = await shareRun(freshHost, hostile);
  await page.goto(`${hostileFile}#/step/1`);
  await expect(page.getByRole('main').locator('pre').first()).toHaveText(markup);
  expect(await page.evaluate(() => 'owned' in globalThis)).toBe(false);
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual(
    [],
  );

  const largeFile = await shareRun(freshHost, large);
  await page.goto(`${largeFile}#/step/543`);
  await expect(page.getByRole('option', { selected: true })).toHaveAttribute('aria-posinset', '544');
  await expect(page.getByRole('main').locator('pre').first()).not.toBeEmpty();
  expect(await page.getByRole('option').count()).toBeLessThan(90);
  // The list, and the texts of the one step that is open.
  const parsed = await page.evaluate(() => {
    const lengths: unknown = Reflect.get(globalThis, 'parsed');
    return Array.isArray(lengths) ? lengths.length : undefined;
  });
  expect(parsed).toBe(2);
  await page.keyboard.press('j');
  await expect(page).toHaveURL(/#\/step\/544$/);
  await page.goBack();
  await expect(page.getByRole('option', { selected: true })).toHaveAttribute('aria-posinset', '544');
  // The files themselves, and nothing else.
  expect(seen.filter((one) => !one.startsWith(hostileFile) && !one.startsWith(largeFile))).toEqual([]);
});
