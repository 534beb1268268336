import { CircleDollarSign, GitCompareArrows, ListTree, PlugZap, Settings } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { CommandId } from '../../../shared/commands.ts';
import {
  compareLocation,
  connectLocation,
  costsLocation,
  homeLocation,
  settingsLocation,
} from '../../../shared/location.ts';
import type { Location, ScreenName } from '../../../shared/location.ts';
import { BudgetsDialog } from '../screens/budgets/budgets-dialog.tsx';
import { CompareScreen } from '../screens/compare/compare-screen.tsx';
import { ConnectScreen } from '../screens/connect/connect-screen.tsx';
import { CostsScreen } from '../screens/costs/costs-screen.tsx';
import { RecordDialog } from '../screens/record/record-dialog.tsx';
import { RunScreen } from '../screens/run/run-screen.tsx';
import { BackUpDialog } from '../screens/settings/back-up-dialog.tsx';
import { SettingsScreen } from '../screens/settings/settings-screen.tsx';
import type { CommandHandler } from '../session/commands.ts';
import { navigate } from '../session/location-store.ts';
import { RunsOrStart } from './runs-or-start.tsx';
import { dialogScreen, placeScreen } from './screen.tsx';
import type { DialogScreen, PlaceScreen, Screen } from './screen.tsx';

/**
 * Every screen there is, in the order of the rail: a new one is its folder and a line here. Its location is a member of
 * the schema in shared/location.ts, its command a line of shared/commands.ts; both are shown nowhere without this line.
 */
export const screens: readonly Screen[] = [
  placeScreen('runs', RunsOrStart, {
    go: { command: 'go.runs', to: homeLocation },
    rail: { icon: ListTree, place: 'top' },
  }),
  placeScreen('run', RunScreen, { within: 'runs' }),
  placeScreen('compare', CompareScreen, {
    title: 'Compare',
    go: { command: 'go.compare', to: compareLocation() },
    rail: { icon: GitCompareArrows, place: 'top' },
  }),
  placeScreen('costs', CostsScreen, {
    title: 'Costs',
    go: { command: 'go.costs', to: costsLocation() },
    rail: { icon: CircleDollarSign, place: 'top' },
  }),
  placeScreen('connect', ConnectScreen, {
    title: 'Connect',
    go: { command: 'go.connect', to: connectLocation() },
    rail: { icon: PlugZap, place: 'top' },
  }),
  placeScreen('settings', SettingsScreen, {
    title: 'Settings',
    go: { command: 'go.settings', to: settingsLocation() },
    rail: { icon: Settings, place: 'bottom' },
  }),
  dialogScreen('record', 'run.record', RecordDialog),
  dialogScreen('budgets', 'budgets.open', BudgetsDialog),
  dialogScreen('back-up', 'library.backUp', BackUpDialog),
];

const placesOf = (list: readonly Screen[]) => list.filter((screen): screen is PlaceScreen => screen.type === 'place');

/** The screen of that location; undefined for a kind of location that this version has no screen for. */
export function screenOf(location: Location, list = screens): PlaceScreen | undefined {
  return placesOf(list).find(({ name }) => name === location.screen);
}

export interface RailItem {
  readonly command: CommandId;
  readonly target: Location;
  readonly icon: LucideIcon;
  readonly place: 'top' | 'bottom';
  /** The screens that it stands for. */
  readonly screens: readonly ScreenName[];
}

export function railItems(list = screens): readonly RailItem[] {
  const places = placesOf(list);
  return places.flatMap(({ name, go, rail }) =>
    go === undefined || rail === undefined
      ? []
      : [
          {
            ...rail,
            command: go.command,
            target: go.to,
            screens: [name, ...places.filter(({ within }) => within === name).map((inner) => inner.name)],
          },
        ],
  );
}

/** What the commands that lead to a screen do. */
export function goHandlers(list = screens): readonly CommandHandler[] {
  return placesOf(list).flatMap(({ go }) => (go === undefined ? [] : [{ id: go.command, run: () => navigate(go.to) }]));
}

export function dialogScreens(list = screens): readonly DialogScreen[] {
  return list.filter((screen): screen is DialogScreen => screen.type === 'dialog');
}
