import { describe, expect, test } from 'vitest';
import { deepLinkOf, hashOfLink } from './deep-link.ts';
import {
  compareLocation,
  costsLocation,
  formatLocation,
  runLocation,
  runsLocation,
  settingsLocation,
} from './location.ts';

describe('links', () => {
  test('navigate', () => {
    expect(hashOfLink('retake://run/4bf92f3577b34da6a3ce929d0e0e4736?step=9&tab=cost')).toBe(
      '#/run/4bf92f3577b34da6a3ce929d0e0e4736?step=9&tab=cost',
    );
    expect(hashOfLink('retake://settings')).toBe('#/settings');
    expect(hashOfLink('RETAKE://settings/')).toBe('#/settings');
  });

  test('what does not fit the schema of locations leads to the list of runs', () => {
    for (const link of [
      'retake://import?path=/etc/passwd',
      'retake://run/x?step=-1',
      'retake://run/%',
      'retake://',
      `retake://run/${'x'.repeat(300)}`,
    ]) {
      expect([link, hashOfLink(link)]).toEqual([link, '#/runs']);
    }
  });

  test('of a place lead back to it: a run, a step, a pair, a view', () => {
    const places = [
      runLocation('4bf92f3577b34da6a3ce929d0e0e4736'),
      runLocation('aa', { step: 9, tab: 'cost', lens: 'conversation' }),
      compareLocation(['aa', 'bb'], { pair: '7~8', show: 'changed' }),
      runsLocation({ filter: { text: 'a/b?c#d "e" ü', status: ['error'] } }),
      costsLocation({ by: 'agent', agents: ['x & y'] }),
      settingsLocation(),
    ];
    expect(places.map((place) => hashOfLink(deepLinkOf(place)))).toEqual(places.map(formatLocation));
    expect(deepLinkOf(runLocation('aa', { step: 9 }))).toBe('retake://run/aa?step=9');
  });

  test('of other schemes are none', () => {
    expect(hashOfLink('https://example.com/run/abc')).toBeUndefined();
    expect(hashOfLink(undefined)).toBeUndefined();
  });
});
