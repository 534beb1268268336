import { beforeEach, expect, it, vi } from 'vitest';
import type { Location } from '../../../shared/location.ts';

/** As much of a window as the store touches: a hash and a history. */
function fakeWindow() {
  const entries = ['#/runs'];
  let at = 0;
  return {
    entries,
    location: {
      get hash() {
        return entries[at] ?? '';
      },
    },
    history: {
      pushState: (_state: unknown, _title: string, hash: string) => {
        entries.splice(at + 1, entries.length, hash);
        at += 1;
      },
      replaceState: (_state: unknown, _title: string, hash: string) => {
        entries[at] = hash;
      },
      back: () => {
        at = Math.max(0, at - 1);
      },
      forward: () => {
        at = Math.min(entries.length - 1, at + 1);
      },
    },
  };
}

let page: ReturnType<typeof fakeWindow>;
beforeEach(() => {
  page = fakeWindow();
  vi.stubGlobal('window', page);
});

const run: Location = { screen: 'run', runId: 'a b/c', step: 9, tab: 'cost' };

it('writes a location into the address and reads the same one back', async () => {
  const { currentLocation, goBack, navigate } = await import('./location-store.ts');
  navigate(run);
  expect(page.location.hash).toBe('#/run/a%20b%2Fc?step=9&tab=cost');
  expect(currentLocation()).toEqual(run);
  expect(currentLocation()).toBe(currentLocation());
  goBack();
  expect(currentLocation()).toEqual({ screen: 'runs', filter: {}, sort: 'started', descending: true, group: 'none' });
});

it('adds a step to the history, or replaces the current one', async () => {
  const { navigate } = await import('./location-store.ts');
  navigate(run);
  navigate({ ...run, step: 10 }, { replace: true });
  navigate({ ...run, step: 10 });
  expect(page.entries).toEqual(['#/runs', '#/run/a%20b%2Fc?step=10&tab=cost']);
});

it('leads home from a hash that is no location', async () => {
  const { currentLocation, navigateToHash } = await import('./location-store.ts');
  navigateToHash('#/run/x?step=-4');
  expect(currentLocation().screen).toBe('runs');
  navigateToHash('#/run/abc?lens=context');
  expect(currentLocation()).toEqual({ screen: 'run', runId: 'abc', lens: 'context' });
});
