import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliImportSchema, cliPricesSchema, cliRunsSchema } from '../../shared/cli-documents.ts';
import { capture, temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';

const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
let directory: TemporaryDirectory;
let files: TemporaryDirectory;

async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [retake, ...args], {
    env: { ...process.env, RETAKE_LIBRARY: directory.path, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

async function catalogueFile(name: string, input: number): Promise<string> {
  const path = join(files.path, name);
  const model = { id: 'gpt-5.4', match: { starts_with: 'gpt-5.4' }, prices: { input_mtok: input, output_mtok: 0 } };
  const provider = {
    id: 'openai',
    api_pattern: 'https://api\\.openai\\.com',
    model_match: { starts_with: 'gpt' },
    models: [model],
  };
  await writeFile(path, JSON.stringify([provider]));
  await utimes(path, new Date('2026-11-01T12:00:00Z'), new Date('2026-11-01T12:00:00Z'));
  return path;
}

async function runsNow() {
  const { runs } = cliRunsSchema.parse(JSON.parse((await run('runs', '--json')).stdout));
  return runs;
}

beforeAll(async () => {
  [directory, files] = [await temporaryDirectory(), await temporaryDirectory()];
  const { stdout } = await run('import', '--json', capture('vercel-ai', 'normal'));
  expect(cliImportSchema.parse(JSON.parse(stdout)).runIds).toHaveLength(1);
});

afterAll(async () => {
  await directory.remove();
  await files.remove();
});

test('says of which day the catalogue is, and what a model costs', async () => {
  const { code, stdout } = await run('prices', 'gpt-5');
  expect(code).toBe(0);
  expect(stdout).toContain('catalogue: @pydantic/genai-prices 0.1.8, of 2026-09-23 (comes with Retake)');
  expect(stdout).toMatch(/openai +gpt-5 +always +input 1\.25; output 10; cache read 0\.125/);
  const document = cliPricesSchema.parse(JSON.parse((await run('prices', 'openai/gpt-5', '--json')).stdout));
  expect(document).toMatchObject({ currency: 'USD', catalogue: { origin: 'packaged' }, changes: null, repriced: null });
  expect(document.model?.listed[0]).toMatchObject({ provider: 'openai', model: 'gpt-5' });
  const nobody = await run('prices', 'nobody-knows-it');
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('never as $0')]);
});

test('--update prices the runs by another catalogue and says what changed; --reset prices them as before', async () => {
  const [before] = await runsNow();
  const path = await catalogueFile('mine.json', 1_000);
  const updated = await run('prices', '--update', path);
  expect([updated.code, updated.stderr]).toEqual([0, '']);
  expect(updated.stdout).toContain('openai/gpt-5.4  input 2.5, above 271999: 5 → 1000');
  expect(updated.stdout).toContain('catalogue: mine.json, of 2026-11-01 (from a file, read on ');
  expect(updated.stdout).toContain('priced again: 1 of 1 run cost otherwise');
  const [after] = await runsNow();
  expect(after?.costUsd).toBeCloseTo((before?.usage.input ?? Number.NaN) / 1_000, 9);

  await writeFile(path, '[{"id": "openai",\n "models": 3}]');
  const junk = await run('prices', '--update', path);
  expect(junk.code).toBe(1);
  expect(junk.stderr).toMatch(
    /At \[0\]\.api_pattern .*Nothing was changed: the prices stay those of 2026-11-01 \(mine\.json\)/,
  );
  await writeFile(path, '[\n{"id": openai}]');
  expect((await run('prices', '--update', path)).stderr).toContain('line 2');

  const back = cliPricesSchema.parse(JSON.parse((await run('prices', '--reset', '--json')).stdout));
  expect(back).toMatchObject({ catalogue: { origin: 'packaged', before: null }, repriced: { changedRuns: 1 } });
  expect((await runsNow())[0]?.costUsd).toBe(before?.costUsd);
  expect(await run('prices', '--reset')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nothing to go back to'),
  });
});

test('money is printed in the currency of the settings and says so; --json, CSV and FOCUS stay in US dollars', async () => {
  const plain = {
    costs: await run('costs', '--json'),
    csv: await run('costs', '--csv'),
    focus: await run('costs', '--focus'),
  };
  const [before] = await runsNow();
  const usd = before?.costUsd ?? Number.NaN;
  await writeFile(
    join(directory.path, 'settings.json'),
    JSON.stringify({ priceOverrides: [], currency: { code: 'EUR', perUsd: 100, date: '2026-11-01' } }),
  );
  const note = 'Money is converted: 1 USD = 100 EUR, your rate of 2026-11-01. --json and CSV stay in US dollars.\n';
  for (const command of ['runs', 'costs'])
    expect(await run(command)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`€${(usd * 100).toFixed(2)}`),
      stderr: note,
    });
  expect((await run('show', before?.id ?? '')).stdout).toContain(`cost: €${(usd * 100).toFixed(2)}`);
  expect({
    costs: await run('costs', '--json'),
    csv: await run('costs', '--csv'),
    focus: await run('costs', '--focus'),
  }).toEqual(plain);
  expect(plain.focus.stdout).toContain('USD');
  const diff = await run('diff', '--markdown', before?.id ?? '', before?.id ?? '');
  expect(diff.stdout).toContain('€');
  expect(diff.stdout).toContain('1 USD = 100 EUR');
  await writeFile(
    join(directory.path, 'settings.json'),
    JSON.stringify({ priceOverrides: [], currency: { code: 'EUR' } }),
  );
  expect((await run('runs')).stderr).toContain('settings.json cannot be read');
});
