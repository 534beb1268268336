import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '../support/browser-test.ts';
import { idle } from '../support/idle.ts';
import { press } from '../support/steps.ts';
import { exportRequest, idOf, importContent } from '../support/telemetry.ts';

const key = `sk-ant-${'Ab3dE6gHi9KlMn2pQr5t'}`;
const said = `Use ${key} for ann@acme.io, "$(touch owned)" \`touch owned\`\nRETAKE_REQUEST\ntouch owned\n`;

function run(): string {
  const traceId = idOf('copy step', 32);
  const at = 1_790_000_000_000;
  return exportRequest([
    { traceId, spanId: idOf('copy root', 16), name: 'agent', startMs: at, endMs: at + 9_000 },
    {
      traceId,
      parentSpanId: idOf('copy root', 16),
      name: 'chat m',
      startMs: at + 100,
      endMs: at + 2_000,
      attributes: [
        ['gen_ai.operation.name', 'chat'],
        ['gen_ai.provider.name', 'openai'],
        ['gen_ai.request.model', 'm'],
        ['gen_ai.request.temperature', 0.5],
        ['gen_ai.input.messages', JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: said }] }])],
        ['gen_ai.output.messages', JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'Yes.' }] }])],
      ],
    },
  ]);
}

test('a model call is copied by keys, by menu and from the palette, and asks again what was asked', async ({
  freshHost,
  openRetake,
  context,
  seriousFaults,
  takePictures,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const [runId = ''] = await importContent(freshHost, run());
  const page = await openRetake(freshHost, `#/run/${runId}?step=1`);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await expect(page.getByRole('heading', { name: /^1 · / })).toBeVisible();

  await press(page, 'y');
  await press(page, 'c');
  await idle(page);
  const toast = page.getByText('Copied as curl');
  await expect(toast).toBeVisible();
  await expect(page.getByText('Names stand in 2 places for what is private.')).toBeVisible();
  const redacted = await clipboard();
  expect(redacted).toContain('Use [key-1] for [mail-1]');
  expect(redacted).not.toContain(key);

  await page.getByRole('button', { name: 'Copy it as it is' }).click();
  await idle(page);
  await expect(page.getByText('What is private stands in it as it is.')).toBeVisible();
  const asItIs = await clipboard();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push(Buffer.concat(chunks).toString('utf8'));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const file = join(freshHost.libraryFolder, 'call.sh');
  writeFileSync(file, asItIs);
  const { port } = server.address() as AddressInfo;
  await promisify(execFile)('bash', ['-eu', file], {
    cwd: freshHost.libraryFolder,
    env: { PATH: process.env['PATH'], OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: 'k' },
  });
  server.close();
  expect(asked.map((body) => JSON.parse(body) as unknown)).toEqual([
    { model: 'm', messages: [{ role: 'user', content: said }], temperature: 0.5 },
  ]);

  await page.getByRole('button', { name: 'Copy the model call as a program' }).click();
  await idle(page);
  await expect(page.getByRole('menuitem', { name: /^Copy as/ })).toHaveCount(3);
  expect(await seriousFaults()).toEqual([]);
  await takePictures('copy-step');
  await page.getByRole('menuitem', { name: 'Copy as Python' }).click();
  await idle(page);
  await expect(page.getByText('Copied as Python')).toBeVisible();
  expect(await clipboard()).toContain('from openai import OpenAI');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('Copy the model call as TypeScript');
  await idle(page);
  await page.keyboard.press('Enter');
  await idle(page);
  await expect(page.getByText('Copied as TypeScript')).toBeVisible();
  expect(await clipboard()).toContain("import OpenAI from 'openai';");
});
