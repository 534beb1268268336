import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright';
import { idle } from '../support/idle.ts';
import { fixturePath } from '../support/project.ts';
import { exportRequest, idOf, truthOf } from '../support/telemetry.ts';
import { expect, test } from '../support/window-test.ts';

const normal = fixturePath('vercel-ai/normal/traces.jsonl');
const list = (page: Page): Locator => page.getByRole('grid', { name: 'Runs' });
const totals = (page: Page): Locator => page.getByLabel('Totals');
const report = (page: Page): Locator =>
  page.getByRole('dialog', { name: /^Import/ }).filter({ has: page.getByText('already there') });

/** A drop as the system makes it: the browser gets paths and reads them itself. */
async function drop(page: Page, ...files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  await expect(page.getByTestId('drop-overlay')).toContainText('Drop to import');
  await session.send('Input.dispatchDragEvent', { type: 'drop', x: 400, y: 400, data });
  await idle(page);
  await expect(page.getByTestId('drop-overlay')).toBeHidden();
}

/** A figure of a file in the report, by its word. */
const figure = (file: Locator, name: string): Locator =>
  file
    .locator('div')
    .filter({ has: file.page().locator('dt', { hasText: new RegExp(`^${name}$`) }) })
    .locator('dd');

async function expectFigures(file: Locator, figures: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(figures)) await expect(figure(file, name), name).toHaveText(value);
}

async function openReport(page: Page): Promise<Locator> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /^Search runs/ }).fill('last import report');
  await page.keyboard.press('Enter');
  await idle(page);
  return report(page);
}

/** Two good requests around a line that was cut off. */
async function withBrokenLine(path: string): Promise<void> {
  const span = (name: string) =>
    exportRequest([
      {
        traceId: idOf('trace of broken file', 32),
        spanId: idOf(name, 16),
        name,
        startMs: 1_790_000_000_000,
        endMs: 1_790_000_001_000,
      },
    ]);
  await writeFile(path, [span('before'), span('cut off').slice(0, -40), span('after'), ''].join('\n'));
}

test('a dropped file is uploaded, opens on its run, and its report names format, runs and spans', async ({
  freshHost,
  openRetake,
  watched,
}) => {
  const page = await openRetake(freshHost);
  await drop(page, normal);
  await expect(page.getByRole('heading', { level: 1, name: 'cost-research' })).toBeVisible();
  await expect(page.getByText('otlp-json-lines: 1 run, 26 spans, 0 logs')).toBeVisible();
  expect(watched.requests.filter((request) => request.startsWith(`${freshHost.origin}/upload/`))).toEqual([
    `${freshHost.origin}/upload/traces.jsonl`,
  ]);

  const dialog = await openReport(page);
  await expect(dialog).toHaveAccessibleName('Imported traces.jsonl');
  await expect(dialog.getByRole('listitem').first()).toContainText('otlp-json-lines');
  await expectFigures(dialog.getByRole('listitem').first(), {
    run: '1',
    spans: '26',
    logs: '0',
    'already there': '0',
    skipped: '0',
  });
});

test('importing the same file again changes nothing, and says so', async ({ freshHost, openRetake }) => {
  await freshHost.importFixture('vercel-ai/normal/traces.jsonl');
  const page = await openRetake(freshHost);
  const before = await totals(page).innerText();
  const row = await list(page).locator('[data-run]').innerText();
  await drop(page, normal);
  await expect(page.getByText('26 spans already there')).toBeVisible();
  const dialog = await openReport(page);
  await expectFigures(dialog.getByRole('listitem').first(), { run: '1', spans: '26', 'already there': '26' });
  await dialog.getByRole('button', { name: 'Close' }).first().click();

  await page.getByRole('link', { name: 'Runs' }).first().click();
  await idle(page);
  expect(await totals(page).innerText()).toBe(before);
  expect(await list(page).locator('[data-run]').innerText()).toBe(row);
  await expect(page.getByRole('contentinfo').filter({ hasText: 'library' })).toContainText('1 run · 18 steps');
});

test('a broken line is named with its number and reason, the lines around it are kept', async ({
  freshHost,
  openRetake,
}, info) => {
  const path = info.outputPath('one-broken-line.jsonl');
  await withBrokenLine(path);
  const page = await openRetake(freshHost);
  await drop(page, path);
  const dialog = report(page);
  await expect(dialog).toHaveAccessibleName('Imported one-broken-line.jsonl');
  await expect(dialog).toHaveAccessibleDescription('1 file · 2 spans · 0 logs · 1 skipped');
  await expectFigures(dialog.getByRole('listitem').first(), { run: '1', spans: '2', skipped: '1' });
  const skipped = dialog.getByRole('list', { name: 'Skipped' }).getByRole('listitem');
  await expect(skipped).toHaveCount(1);
  await expect(skipped).toHaveText(/^line 2\S/);
  await expect(skipped).toContainText(/cut off|ends|JSON|unexpected/i);

  await dialog.getByRole('button', { name: 'Open the run' }).click();
  await idle(page);
  const rows = page.getByRole('treegrid', { name: 'Steps of the run' }).locator('[data-step]');
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText('before');
  await expect(rows.nth(1)).toContainText('after');
});

test('the file dialog takes several files and reports each', async ({ freshHost, openRetake }) => {
  const page = await openRetake(freshHost);
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: /^Open files/ }).click(),
  ]);
  expect(chooser.isMultiple()).toBe(true);
  await chooser.setFiles([
    normal,
    fixturePath('otel-plain/proto/001-traces.raw.pb'),
    fixturePath('otel-plain/json-gzip/001-traces.raw.json.gz'),
  ]);
  await idle(page);
  const files = report(page).getByRole('list').first().locator('> li');
  await expect(files).toHaveCount(3);
  await expect(files.nth(0)).toContainText('traces.jsonl');
  await expect(files.nth(0)).toContainText('otlp-json-lines');
  await expect(files.nth(1)).toContainText('otlp-proto');
  await expect(files.nth(2)).toContainText('otlp-json+gzip');
  await report(page).getByRole('button', { name: 'Show 3 runs' }).click();
  await expect(list(page).locator('[data-run]')).toHaveCount(3);
});

test('text is imported from the paste sheet, and by a paste anywhere in the window', async ({
  freshHost,
  openRetake,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await openRetake(freshHost);
  const request = (name: string) =>
    exportRequest([
      { traceId: idOf(name, 32), spanId: idOf(name, 16), name, startMs: 1_790_000_000_000, endMs: 1_790_000_001_000 },
    ]);
  await page.getByRole('button', { name: 'Paste' }).click();
  const sheet = page.getByRole('dialog', { name: 'Paste telemetry' });
  await sheet.getByRole('textbox', { name: 'Telemetry to import' }).fill(request('typed into the sheet'));
  await sheet.getByRole('button', { name: 'Import' }).click();
  await idle(page);
  await expect(page.getByRole('heading', { level: 1, name: 'typed into the sheet' })).toBeVisible();

  await page.evaluate((text) => navigator.clipboard.writeText(text), request('pasted on the run screen'));
  await page.keyboard.press('Control+v');
  await idle(page);
  await expect(page.getByRole('heading', { level: 1, name: 'pasted on the run screen' })).toBeVisible();
  await expect(page.getByText('Imported pasted text').last()).toBeVisible();
});

test('a dropped folder is read whole, its files named by their paths', async ({ freshHost, openRetake }, info) => {
  const folder = info.outputPath('captures');
  await mkdir(`${folder}/deeper`, { recursive: true });
  await copyFile(normal, `${folder}/vercel.jsonl`);
  await copyFile(fixturePath('langfuse/fatal/traces.jsonl'), `${folder}/deeper/langfuse.jsonl`);
  await writeFile(`${folder}/notes.txt`, 'no trace in here\n');
  const page = await openRetake(freshHost);
  await drop(page, folder);
  const files = report(page).getByRole('list').first().locator('> li');
  await expect(files).toHaveCount(3);
  const reported = await files.allInnerTexts();
  expect(
    reported.map((text) => text.split('\n', 1)[0] ?? '').toSorted((left, right) => left.localeCompare(right)),
  ).toEqual(['captures/deeper/langfuse.jsonl', 'captures/notes.txt', 'captures/vercel.jsonl']);
  await expectFigures(files.filter({ hasText: 'vercel.jsonl' }), { run: '1', spans: '26' });
  await report(page).getByRole('button', { name: 'Show 2 runs' }).click();
  await idle(page);
  await expect(totals(page)).toContainText('2 runs match');
  expect(truthOf('langfuse/fatal').llmCallsFailed).toBe(1);
  await expect(totals(page)).toContainText('Errors 1');
});

test('a file that is no trace says what was seen and what is read', async ({ freshHost, openRetake }, info) => {
  const path = info.outputPath('archive.json');
  await writeFile(path, Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(200, 7)]));
  const page = await openRetake(freshHost);
  await drop(page, path);
  const file = report(page).getByRole('listitem').first();
  await expect(file).toContainText('not recognised');
  await expect(file).toContainText(/zip archive/);
  await expectFigures(file, { runs: '0', spans: '0' });
  await expect(report(page).getByRole('button', { name: /Open the run|Show/ })).toHaveCount(0);
  await report(page).getByRole('button', { name: 'Close' }).first().click();
  await expect(page.getByRole('heading', { name: 'Drop trace files here' })).toBeVisible();
});
