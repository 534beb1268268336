import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { listRuns } from '../support/command-line.ts';
import { startHost } from '../support/host.ts';
import { idle } from '../support/idle.ts';
import { expect, test } from '../support/window-test.ts';

const address = 'https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json';
const catalogue = [
  {
    id: 'openai',
    api_pattern: 'https://api\\.openai\\.com',
    model_match: { starts_with: 'gpt' },
    models: [{ id: 'gpt-5.4', match: { starts_with: 'gpt-5.4' }, prices: { input_mtok: 1_000, output_mtok: 0 } }],
  },
];

/** In the place of the network, loaded before the program: at first there is none, then the one address answers, and no other is asked. */
const network = `
let asked = 0;
globalThis.fetch = async (input) => {
  if (String(input) !== ${JSON.stringify(address)}) throw new Error('asked for ' + String(input));
  if (++asked === 1) throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') });
  return new Response(${JSON.stringify(JSON.stringify(catalogue))});
};
`;

test('newer prices are looked for when asked: without a network all stays, with one the runs cost otherwise', async ({
  openRetake,
  seriousFaults,
  watched,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'retake-prices-'));
  const stub = join(folder, 'network.mjs');
  await writeFile(stub, network);
  const host = await startHost(folder, { NODE_OPTIONS: `--import=${pathToFileURL(stub).href}` });
  try {
    await host.importFixture('vercel-ai/normal/traces.jsonl');
    const [before] = await listRuns(host);
    const page = await openRetake(host, '#/settings');
    const prices = page.getByRole('region', { name: 'Prices', exact: true });
    const look = prices.getByRole('button', { name: 'Look for newer prices' });

    await look.click();
    await expect(page.getByText(/No newer prices could be had .*ENOTFOUND.*Nothing was changed/).first()).toBeVisible();
    await expect(prices).toContainText('(comes with Retake)');
    expect((await listRuns(host))[0]?.costUsd).toBe(before?.costUsd);

    await look.click();
    await expect(prices).toContainText('1 of 1 run cost otherwise');
    await idle(page);
    await expect(prices).toContainText(/genai-prices, downloaded, of 20.* \(asked for on 20/);
    expect((await listRuns(host))[0]?.costUsd).toBeCloseTo((before?.usage.input ?? Number.NaN) / 1_000, 6);
    expect(await seriousFaults()).toEqual([]);

    await prices.getByRole('button', { name: 'Back to those before' }).click();
    await expect(prices).toContainText('(comes with Retake)');
  } finally {
    watched.stop();
    await host.close();
    await rm(folder, { recursive: true, force: true });
  }
});
