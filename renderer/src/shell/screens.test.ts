import { Coins } from 'lucide-react';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { beforeEach, expect, it, vi } from 'vitest';
import { costsLocation } from '../../../shared/location.ts';
import { availableCommands, registerCommands, runCommand } from '../session/commands.ts';
import { followMenu } from './desktop-menu.ts';
import { Rail } from './frame/rail.tsx';
import { matchCommands } from './palette/match-commands.ts';
import { placeScreen } from './screen.tsx';
import { dialogScreens, goHandlers, railItems, screenOf, screens } from './screens.tsx';

/** A kind of location and a command whose screen is taken out of the list: one line gives them one again. */
const costs = costsLocation();
const withoutCosts = screens.filter((screen) => screen.type !== 'place' || screen.name !== 'costs');
const withCosts = [
  ...withoutCosts,
  placeScreen('costs', ({ location }) => createElement('h1', {}, `Shown for ${location.screen}`), {
    title: 'Costs',
    go: { command: 'go.costs', to: costs },
    rail: { icon: Coins, place: 'top' },
  }),
];

const page = { location: { hash: '#/runs' }, history: { pushState: (_: unknown, __: string, hash: string) => hash } };
beforeEach(() => {
  page.location.hash = '#/runs';
  page.history.pushState = (_state, _title, hash) => (page.location.hash = hash);
  vi.stubGlobal('window', page);
  vi.stubGlobal('navigator', { platform: 'Linux' });
});

const railOf = (list: typeof screens) =>
  renderToStaticMarkup(createElement(Rail, { screen: 'costs', items: railItems(list) }));
const register = (list: typeof screens) => {
  const handlers = goHandlers(list);
  return registerCommands(
    handlers.map(({ id }) => id),
    (id) => handlers.find((handler) => handler.id === id),
  );
};

it('shows a screen for its location, in the rail and in the title by its line in the list alone', () => {
  expect(screenOf(costs, withoutCosts)).toBeUndefined();
  expect(railOf(withoutCosts)).not.toContain('#/costs');

  const screen = screenOf(costs, withCosts);
  expect(screen?.title).toBe('Costs');
  expect(renderToStaticMarkup(screen?.show(costs))).toBe('<h1>Shown for costs</h1>');
  expect(screen?.show({ screen: 'settings' })).toBeUndefined();
  expect(railOf(withCosts)).toMatch(/<a href="#\/costs"[^>]*aria-label="Costs" aria-current="page"/);
});

it('lists its command in palette and menu and runs it, while a command without a screen is nowhere', async () => {
  const menu: (readonly string[])[] = [];
  const choose = { run: (_id: string) => {} };
  const stop = followMenu({
    setHandledCommands: (ids) => menu.push(ids),
    onMenuCommand: (run) => {
      choose.run = run;
      return () => undefined;
    },
  });
  const found = () => matchCommands(availableCommands(), 'costs').map(({ id }) => id);

  const ids = (list: typeof screens): ReadonlySet<string> => new Set(goHandlers(list).map(({ id }) => id));
  const undo = register(withoutCosts);
  await Promise.resolve();
  expect(new Set(menu.at(-1))).toEqual(ids(withoutCosts));
  expect(menu.at(-1)).toContain('go.runs');
  expect(menu.at(-1)).not.toContain('go.costs');
  expect(found()).toEqual([]);
  expect(runCommand('go.costs')).toBe(false);
  undo();

  const undoMore = register(withCosts);
  await Promise.resolve();
  expect(menu.at(-1)).toEqual(expect.arrayContaining(['go.runs', 'go.costs']));
  expect(new Set(menu.at(-1))).toEqual(ids(withCosts));
  // A window that tells all that happens in one go once does not tell the half of it.
  expect(menu.length).toBeLessThanOrEqual(3);
  expect(found()).toEqual(['go.costs']);
  choose.run('go.costs');
  expect(page.location.hash).toBe('#/costs');
  undoMore();
  stop();
});

it('has one screen for each kind of location, and one command for each screen', () => {
  const places = screens.flatMap((screen) => (screen.type === 'place' ? [screen] : []));
  const names = places.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, go } of places) expect(go?.to.screen ?? name).toBe(name);
  const commands = [...goHandlers(), ...dialogScreens().map(({ command }) => ({ id: command }))].map(({ id }) => id);
  expect(new Set(commands).size).toBe(commands.length);
  // Each place of the rail is marked on its own screen, and on those within it.
  for (const { target, screens: marked } of railItems()) expect(marked[0]).toBe(target.screen);
  expect(railItems().find(({ target }) => target.screen === 'runs')?.screens).toEqual(['runs', 'run']);
  const marked = railItems().flatMap((item) => item.screens);
  expect(new Set(marked).size).toBe(marked.length);
});
