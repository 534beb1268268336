import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nanos } from '../../../shared/model/units.ts';
import { amountText, catalogueChanges } from './catalogue-changes.ts';
import { packagedCatalogue } from './catalogue-data.ts';
import { catalogueOf } from './catalogue.ts';
import { readCatalogue } from './read-catalogue.ts';

/** As it was published on that day, five of its providers with twelve models and a few. */
const published = readFileSync(
  new URL('../../../e2e/fixtures/genai-prices/v2-2026-08-21/data_slim.json', import.meta.url),
);
const read = (text: string | Uint8Array) =>
  readCatalogue(typeof text === 'string' ? Buffer.from(text) : text, { name: 'a file', date: '2026-08-21' });
const at = (text: string) => nanos(BigInt(Date.parse(text)) * 1_000_000n);

test('a published catalogue is read: tiers, days and hours', () => {
  const catalogue = catalogueOf(read(published));
  const price = (provider: string, model: string, time: string) =>
    catalogue.find({ provider, host: undefined, model }, at(time))?.prices.input_mtok;
  expect(price('anthropic', 'claude-sonnet-4-5-20250929', '2026-09-01T00:00:00Z')).toEqual({
    base: 3,
    tiers: [{ start: 200_000, price: 6 }],
  });
  expect(price('deepseek', 'deepseek-chat', '2025-03-01T12:00:00Z')).toBe(0.27);
  expect(price('deepseek', 'deepseek-chat', '2025-03-01T20:00:00Z')).toBe(0.135);
  expect(price('google', 'nobody-knows-it', '2025-03-01T20:00:00Z')).toBeUndefined();
  expect(
    catalogue.find({ provider: undefined, host: 'api.deepseek.com', model: 'deepseek-chat' }, at('2026-01-01')),
  ).toMatchObject({
    provider: 'deepseek',
    model: 'deepseek-chat',
  });
});

test('the same prices have the same name, whatever the white space; the packaged ones can be read from a file too', () => {
  const text = published.toString();
  expect(read(JSON.stringify(JSON.parse(text), undefined, 2)).id).toBe(read(published).id);
  const again = read(JSON.stringify(packagedCatalogue.providers));
  expect(catalogueChanges(packagedCatalogue, again)).toMatchObject({ added: [], gone: [], changed: [] });
});

test('what is other than before is told by the model', () => {
  const [provider, ...rest] = read(published).providers;
  if (provider === undefined) throw new Error('no provider');
  const [first, second, ...models] = provider.models;
  if (first === undefined || second === undefined) throw new Error('no models');
  const before = read(published);
  const after = {
    ...before,
    providers: [
      {
        ...provider,
        models: [
          { ...first, id: 'brand-new' },
          { ...second, prices: { input_mtok: 7, output_mtok: { base: 8, tiers: [{ start: 10, price: 9 }] } } },
          ...models,
        ],
      },
      ...rest,
    ],
  };
  const old = 'input_mtok' in second.prices ? second.prices : undefined;
  expect(catalogueChanges(before, after)).toMatchObject({
    models: before.providers.reduce((sum, one) => sum + one.models.length, 0),
    added: [`${provider.id}/brand-new`],
    gone: [`${provider.id}/${first.id}`],
    changed: [
      {
        name: `${provider.id}/${second.id}`,
        prices: expect.arrayContaining([
          { key: 'input_mtok', before: amountText(old?.input_mtok), after: '7' },
          { key: 'output_mtok', before: amountText(old?.output_mtok), after: '8, above 10: 9' },
        ]),
        isDated: false,
      },
    ],
  });
});

const model = { id: 'm', match: { equals: 'm' }, prices: { input_mtok: 1 } };
const provider = { id: 'p', api_pattern: 'https://p', models: [model] };
const list = (change: object): string =>
  JSON.stringify([provider, { ...provider, id: 'q', models: [model, { ...model, ...change }] }]);

test.each([
  ['nothing', '', 'It is no JSON'],
  ['words', 'prices: 3', 'line 1'],
  ['JSON that is cut', '[\n{"id": "p",\n"models": [', 'line 3'],
  ['a list of LiteLLM', '{"gpt-5": {"input_cost_per_token": 1}}', 'begins with no list of providers'],
  ['no provider', '[]', 'At its top'],
  ['no text', Buffer.from([0xff, 0xfe, 0x00]), 'no text in UTF-8'],
  [
    'a price in words',
    list({ prices: { input_mtok: 'cheap' } }),
    'At [1].models[1].prices.input_mtok (provider "q", model "m")',
  ],
  ['a price below zero', list({ prices: { input_mtok: -1 } }), 'At [1].models[1].prices.input_mtok'],
  [
    'a price without end',
    list({ prices: { input_mtok: 1 } }).replace('"input_mtok":1', '"input_mtok":1e999'),
    'At [0].models[0].prices.input_mtok',
  ],
  ['a rule of another kind', list({ match: { sounds_like: 'm' } }), 'At [1].models[1].match'],
  ['a rule that could take for ever', list({ match: { regex: '(a+)+(?<=b)$' } }), 'At [1].models[1].match.regex'],
  ['a day that is none', list({ prices: [{ constraint: { start_date: '2026-02-30' }, prices: {} }] }), 'start_date'],
  [
    'an hour that is none',
    list({ prices: [{ constraint: { start_time: '25:00:00Z', end_time: '01:00:00Z' }, prices: {} }] }),
    'start_time',
  ],
  [
    'prices for one token',
    list({ prices: { input_mtok: 0.000_003 } }).replaceAll('"input_mtok":1', '"input_mtok":0.000001'),
    'meant for one token',
  ],
  [
    'rules in rules without end',
    list({ match: JSON.parse(`${'{"or":['.repeat(50)}{"equals":"m"}${']}'.repeat(50)}`) as object }),
    'At [1].models[1].match',
  ],
])('%s is refused, with where it is wrong', (_, text, words) => {
  expect(() => read(text)).toThrow(words);
});

test('brackets without end and names from a trace do no harm', () => {
  expect(() => read('['.repeat(1_000_000))).toThrow('no catalogue');
  expect(() => read(`[${'{"id":"p","api_pattern":"x","models":[],"model_match":{"and":['.repeat(10_000)}`)).toThrow(
    'no catalogue',
  );
  const proto = read(
    JSON.stringify([{ ...provider, models: [{ ...model, id: '__proto__', match: { contains: 'constructor' } }] }]),
  );
  expect(
    catalogueOf(proto).find({ provider: 'p', host: undefined, model: '__proto__' }, at('2026-01-01')),
  ).toBeUndefined();
  expect(catalogueChanges(packagedCatalogue, proto).added).toEqual(['p/__proto__']);
});

test('a file that is larger than any catalogue is not looked at', () => {
  expect(() => read(Buffer.alloc(16_000_001, ' '))).toThrow('16 MB');
});

test('a list of providers without a model is none: everything would lose its price', () => {
  expect(() => read('[{"id":"acme","api_pattern":"acme","models":[]}]')).toThrow('It names no model');
});

test('where the fault of what is no JSON stands is a sentence of its own', () => {
  expect(() => read('[\n{')).toThrow(/in line 2\.$|line 2 column \d+\)?\.$/);
});
