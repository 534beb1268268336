import { expect, it } from 'vitest';
import { compareLocation, formatLocation, homeLocation, parseLocation } from './location.ts';

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
  expect(parseLocation('#/compare')).toEqual(compareLocation([]));
});

it('keeps the open re-run sheet in the address', () => {
  const open = { screen: 'run', runId: 'aa', step: 8, lens: 'timeline', tab: 'messages', rerun: 9 } as const;
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
