import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  compareKindsSchema,
  compareLocation,
  compareTabSchema,
  connectLocation,
  costsLocation,
  formatLocation,
  homeLocation,
  inspectorTabSchema,
  lensSchema,
  parseLocation,
  runLocation,
  runsLocation,
  settingsLocation,
  sortKeys,
} from './location.ts';
import type { Location } from './location.ts';

it('keeps a comparison in the address: runs, pair, filter, pins', () => {
  const plain = compareLocation(['aa', 'bb']);
  expect(formatLocation(plain)).toBe(`#/compare?runIds=${encodeURIComponent('["aa","bb"]')}`);
  const full = {
    ...plain,
    pair: '7~',
    tab: 'attributes',
    show: 'changed',
    kinds: 'tool',
    pins: [[3, 4]],
  } satisfies ReturnType<typeof compareLocation>;
  expect(parseLocation(formatLocation(full))).toEqual(full);
  const exact = compareLocation(['aa', 'aa'], { exact: true });
  expect(parseLocation(formatLocation(exact))).toEqual(exact);
  expect(parseLocation('#/compare')).toEqual(compareLocation([]));
});

it('keeps the open re-run sheet in the address', () => {
  const open = { screen: 'run', runId: 'aa', step: 8, rerun: 9 } as const;
  expect(formatLocation(open)).toBe('#/run/aa?step=8&rerun=9');
  expect(parseLocation('#/run/aa?step=8&rerun=9')).toEqual(open);
  expect(parseLocation('#/run/aa?rerun=-1')).toEqual(homeLocation);
});

it('leads home from a comparison that does not fit', () => {
  for (const query of [
    'runIds=3',
    'runIds=[]&pair=x',
    'runIds=[]&pair=~',
    'runIds=[]&pins=[[1]]',
    'runIds=[]&pins=[[1,-2]]',
    'runIds=[]&tab=none',
    'runIds=[',
  ]) {
    expect(parseLocation(`#/compare?${query}`), query).toEqual(homeLocation);
  }
});

const runs = { screen: 'runs', filter: {}, sort: 'started', descending: true, group: 'none' } as const;
const compare = { screen: 'compare', runIds: [], tab: 'difference', show: 'all', kinds: 'all', pins: [] } as const;

/** Addresses as every version so far wrote them, or was given them: what they mean, and how they are written. */
const addresses: readonly (readonly [address: string, written: string, meant: object])[] = [
  ['', '#/runs', runs],
  ['#/', '#/runs', runs],
  ['#/runs', '#/runs', runs],
  ['#/runs?group=agent', '#/runs?group=agent', { ...runs, group: 'agent' }],
  ['#runs', '#/runs', runs],
  ['#/runs/aa', '#/runs', runs],
  [
    '#/runs?sort=cost&descending=false',
    '#/runs?sort=cost&descending=false',
    { ...runs, sort: 'cost', descending: false },
  ],
  [
    '#/runs?filter=%7B%22text%22%3A%22a%20b%22%2C%22status%22%3A%5B%22error%22%5D%7D',
    '#/runs?filter=%7B%22text%22%3A%22a%20b%22%2C%22status%22%3A%5B%22error%22%5D%7D',
    { ...runs, filter: { text: 'a b', status: ['error'] } },
  ],
  ['#/runs?sort=nothing', '#/runs', runs],
  ['#/runs?filter={', '#/runs', runs],
  ['#/run/aa', '#/run/aa', { screen: 'run', runId: 'aa' }],
  ['#/run/123', '#/run/123', { screen: 'run', runId: '123' }],
  [
    '#/run/a%20b%2Fc?step=9&tab=cost',
    '#/run/a%20b%2Fc?step=9&tab=cost',
    { screen: 'run', runId: 'a b/c', step: 9, tab: 'cost' },
  ],
  ['#/run/aa?tab=cost&step=9', '#/run/aa?step=9&tab=cost', { screen: 'run', runId: 'aa', step: 9, tab: 'cost' }],
  ['#/run/aa?lens=conversation', '#/run/aa?lens=conversation', { screen: 'run', runId: 'aa', lens: 'conversation' }],
  [
    '#/run/aa?step=3&lens=context&tab=raw',
    '#/run/aa?step=3&lens=context&tab=raw',
    { screen: 'run', runId: 'aa', step: 3, lens: 'context', tab: 'raw' },
  ],
  [
    '#/run/aa?lens=timeline&tab=messages',
    '#/run/aa?lens=timeline&tab=messages',
    { screen: 'run', runId: 'aa', lens: 'timeline', tab: 'messages' },
  ],
  ['#/run/aa?lens=none', '#/runs', runs],
  ['#/run/aa?step=', '#/runs', runs],
  ['#/run/aa?step=1.5', '#/runs', runs],
  ['#/run/aa?screen=runs', '#/runs', runs],
  ['#/run/aa?__proto__=1', '#/run/aa', { screen: 'run', runId: 'aa' }],
  ['#/run', '#/runs', runs],
  ['#/run/%E0%A4%A', '#/runs', runs],
  ['#/compare', '#/compare', compare],
  [
    '#/compare?runIds=%5B%22aa%22%2C%22bb%22%2C%22cc%22%5D&pair=~8~2&pins=%5B%5B3%2C4%2C1%5D%5D',
    '#/compare?runIds=%5B%22aa%22%2C%22bb%22%2C%22cc%22%5D&pair=~8~2&pins=%5B%5B3%2C4%2C1%5D%5D',
    { ...compare, runIds: ['aa', 'bb', 'cc'], pair: '~8~2', pins: [[3, 4, 1]] },
  ],
  ['#/costs', '#/costs', costsLocation()],
  ['#/costs?by=tool&days=0', '#/costs?by=tool&days=0', costsLocation({ by: 'tool', days: 0 })],
  ['#/connect', '#/connect', { screen: 'connect' }],
  ['#/connect?client=claude-code', '#/connect?client=claude-code', { screen: 'connect', client: 'claude-code' }],
  ['#/connect?client=123', '#/connect?client=123', { screen: 'connect', client: '123' }],
  ['#/settings', '#/settings', { screen: 'settings' }],
  ['#/settings/aa', '#/settings', { screen: 'settings' }],
  ['#/settings?step=3', '#/settings', { screen: 'settings' }],
  // A value that is no JSON where some screen has JSON of that name is no address.
  ['#/settings?step=x', '#/runs', runs],
  ['#/nowhere', '#/runs', runs],
  ['#/__proto__', '#/runs', runs],
  ['#/constructor?filter=1', '#/runs', runs],
];

it.each(addresses)('reads and writes %s as it always did', (address, written, meant) => {
  expect(parseLocation(address)).toEqual(meant);
  expect(formatLocation(parseLocation(address))).toBe(written);
});

const index = fc.nat({ max: 9_999_999 });
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const places: fc.Arbitrary<Location> = fc.oneof(
  fc
    .record({
      filter: fc.record(
        {
          text: fc.string({ maxLength: 20, unit: 'grapheme' }),
          agents: fc.array(fc.string({ maxLength: 20 }), { maxLength: 3 }),
          minCostUsd: fc.nat(),
        },
        { requiredKeys: [] },
      ),
      sort: fc.constantFrom(...sortKeys),
      descending: fc.boolean(),
    })
    .map(runsLocation),
  fc
    .record({
      runId: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
      step: optional(index),
      lens: fc.constantFrom(...lensSchema.options),
      tab: fc.constantFrom(...inspectorTabSchema.options),
      rerun: optional(index),
      share: optional(fc.boolean()),
    })
    .map(({ runId, ...change }) => runLocation(runId, change)),
  fc
    .record({
      runIds: fc.array(fc.string({ maxLength: 40 }), { maxLength: 50 }),
      pair: optional(fc.tuple(index, optional(index)).map(([a, b]) => `${a}~${b ?? ''}`)),
      tab: fc.constantFrom(...compareTabSchema.options),
      show: fc.constantFrom('all' as const, 'changed' as const),
      kinds: fc.constantFrom(...compareKindsSchema.options),
      pins: fc.array(fc.tuple(index, index), { maxLength: 3 }),
    })
    .map(({ runIds, ...change }) => compareLocation(runIds, change)),
  fc.string({ maxLength: 40, unit: 'grapheme' }).map(connectLocation),
  fc.constantFrom(settingsLocation(), connectLocation(), homeLocation, costsLocation({ by: 'agent', models: ['m'] })),
);

it('leads back to every place from its address', () => {
  fc.assert(
    fc.property(places, (place) => {
      const address = formatLocation(place);
      expect(parseLocation(address)).toEqual(place);
    }),
  );
});

it('writes a place in one way only, however it was put together', () => {
  expect(formatLocation({ ...runLocation('aa', { tab: 'cost' }), step: 3 })).toBe('#/run/aa?step=3&tab=cost');
  expect(formatLocation({ tab: 'cost', lens: 'timeline', step: 3, runId: 'aa', screen: 'run' })).toBe(
    '#/run/aa?step=3&lens=timeline&tab=cost',
  );
});

it('fills in what the schema says where nothing is said', () => {
  expect(runLocation('aa')).toEqual({ screen: 'run', runId: 'aa' });
  expect(runLocation('aa', { step: 3, tab: 'cost' })).toEqual({
    screen: 'run',
    runId: 'aa',
    step: 3,
    tab: 'cost',
  });
  expect(runsLocation()).toEqual(runs);
  expect(compareLocation()).toEqual(compare);
  expect(formatLocation(runsLocation({ sort: 'cost' }))).toBe('#/runs?sort=cost');
  for (const place of [runLocation('aa'), runsLocation(), compareLocation(), connectLocation(), settingsLocation()])
    expect(formatLocation(place)).not.toContain('?');
});
