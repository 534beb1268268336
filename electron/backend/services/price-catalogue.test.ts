import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../backend.testing.ts';
import { catalogueAddress, packagedCatalogue } from '../pricing/pricing.ts';
import { openPriceCatalogue } from './price-catalogue.ts';

const catalogueText = (...models: readonly { readonly id: string; readonly input: number }[]): string =>
  JSON.stringify([
    {
      id: 'acme',
      api_pattern: 'https://acme',
      models: models.map(({ id, input }) => ({ id, match: { equals: id }, prices: { input_mtok: input } })),
    },
  ]);
const first = Buffer.from(catalogueText({ id: 'one', input: 1 }));
const second = Buffer.from(catalogueText({ id: 'one', input: 2 }, { id: 'two', input: 3 }));

async function opened(answer: () => Response = () => new Response('not asked for', { status: 500 })) {
  const directory = await temporaryDirectory();
  const asked: string[] = [];
  const open = () =>
    openPriceCatalogue(directory.path, {
      nowMs: () => Date.parse('2026-11-30T10:00:00Z'),
      fetch: (address) => {
        asked.push(address instanceof Request ? address.url : String(address));
        return Promise.resolve(answer());
      },
    });
  return { directory, asked, open, prices: await open() };
}

test('another catalogue is used until another one is; the one before can be had back, and then that of Retake', async () => {
  const { directory, asked, open, prices } = await opened();
  expect(prices.data()).toBeUndefined();
  expect(prices.state()).toMatchObject({
    origin: 'packaged',
    name: packagedCatalogue.name,
    date: packagedCatalogue.date,
  });
  await expect(prices.goBack()).rejects.toThrow('nothing to go back to');

  expect(await prices.take({ name: 'first.json', bytes: first, date: '2026-10-01' })).toMatchObject({
    models: 1,
    added: ['acme/one'],
  });
  expect(await prices.take({ name: 'second.json', bytes: second, date: '2026-11-01' })).toMatchObject({
    added: ['acme/two'],
    gone: [],
    changed: [{ name: 'acme/one', prices: [{ key: 'input_mtok', before: '1', after: '2' }] }],
  });
  // Kept, and found by the next start.
  const again = await open();
  expect(again.state()).toEqual({
    origin: 'file',
    name: 'second.json',
    date: '2026-11-01',
    readAt: Date.parse('2026-11-30T10:00:00Z'),
    models: 2,
    datedModels: 0,
    before: { name: 'first.json', date: '2026-10-01' },
  });
  expect(again.data()?.id).toBe(prices.data()?.id);
  expect(await again.goBack()).toMatchObject({ gone: ['acme/two'] });
  expect(again.state()).toMatchObject({ name: 'first.json', before: { name: packagedCatalogue.name } });
  await again.goBack();
  expect((await open()).state()).toMatchObject({ origin: 'packaged' });
  expect((await readdir(directory.path)).filter((name) => name.startsWith('prices'))).toEqual([]);
  expect(asked).toEqual([]);
  await directory.remove();
});

test('what is none is refused, says what stays, and changes nothing', async () => {
  const { directory, open, prices } = await opened();
  await prices.take({ name: 'first.json', bytes: first, date: '2026-10-01' });
  const before = await readFile(join(directory.path, 'prices.json'), 'utf8');
  await expect(prices.take({ name: 'junk.json', bytes: Buffer.from('{"a":'), date: '2026-11-01' })).rejects.toThrow(
    /no JSON.*Nothing was changed: the prices stay those of 2026-10-01 \(first\.json\)/,
  );
  expect(await readFile(join(directory.path, 'prices.json'), 'utf8')).toBe(before);
  expect(prices.state().name).toBe('first.json');
  await writeFile(join(directory.path, 'prices.json'), before.slice(0, 100));
  await expect(open()).rejects.toThrow('Correct the file or move it away');
  await directory.remove();
});

test('prices are asked for at the one address, once, and only when it is said', async () => {
  const { directory, asked, prices } = await opened(() => new Response(second));
  await prices.take({ name: 'https://evil.example/prices.json', bytes: first, date: '2026-10-01' });
  expect(asked).toEqual([]);
  expect(await prices.download()).toMatchObject({ added: ['acme/two'] });
  expect(asked).toEqual([catalogueAddress]);
  expect(prices.state()).toMatchObject({ origin: 'download', date: '2026-11-30', name: 'genai-prices, downloaded' });
  await directory.remove();
});

test.each([
  ['an error', () => new Response('no', { status: 404 }), 'it answered 404'],
  ['a page', () => new Response('<html>sign in</html>'), 'It is no JSON'],
  ['bytes without end', () => new Response(endless()), 'more than 16 MB'],
  ['nothing', () => Response.error(), 'it answered 0'],
])('%s from there changes nothing', async (_, answer, words) => {
  const { directory, prices } = await opened(answer);
  await expect(prices.download()).rejects.toThrow(words);
  expect(prices.state()).toMatchObject({ origin: 'packaged' });
  await directory.remove();
});

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)) });
}

test('a machine without a network is told what failed, and keeps its prices', async () => {
  const { directory, prices } = await opened(() => {
    throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND raw.githubusercontent.com') });
  });
  await expect(prices.download()).rejects.toThrow(
    `${catalogueAddress} (getaddrinfo ENOTFOUND raw.githubusercontent.com). Nothing was changed.`,
  );
  expect(prices.data()).toBeUndefined();
  await directory.remove();
});
