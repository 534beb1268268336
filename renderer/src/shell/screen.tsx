import type { LucideIcon } from 'lucide-react';
import type { ComponentType, ReactNode } from 'react';
import type { CommandId } from '../../../shared/commands.ts';
import { isAt } from '../../../shared/location.ts';
import type { Location, LocationOf, ScreenName } from '../../../shared/location.ts';

/** What the window knows of a screen: all that names it, leads to it and shows it follows from this (see screens.tsx). */
export type Screen = PlaceScreen | DialogScreen;

/** It fills the window, and has an address. */
export interface PlaceScreen extends PlaceFacts {
  readonly type: 'place';
  /** The kind of location that it shows. */
  readonly name: ScreenName;
  /** Undefined for locations of other screens. */
  readonly show: (location: Location) => ReactNode;
}

export interface PlaceFacts {
  /** Its words in the title of the window, as long as what it shows says none of its own. */
  readonly title?: string;
  /** The command that leads to it, and where exactly. Its title and keys stand in shared/commands.ts. */
  readonly go?: { readonly command: CommandId; readonly to: Location };
  /** Its link in the rail, which runs that command: at the top with what is read, or at the bottom with what is set. */
  readonly rail?: { readonly icon: LucideIcon; readonly place: 'top' | 'bottom' };
  /** The screen whose link in the rail is marked for this one too: a run is within the runs. */
  readonly within?: ScreenName;
}

export interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

/** It opens over any other screen, and has no address. */
export interface DialogScreen {
  readonly type: 'dialog';
  readonly name: string;
  readonly command: CommandId;
  readonly Dialog: ComponentType<DialogProps>;
}

/** A screen that shows the locations of this name. */
export function placeScreen<Name extends ScreenName>(
  name: Name,
  Component: ComponentType<{ readonly location: LocationOf<Name> }>,
  facts: PlaceFacts,
): PlaceScreen {
  return {
    ...facts,
    type: 'place',
    name,
    show: (location) => (isAt(location, name) ? <Component location={location} /> : undefined),
  };
}

/** A screen that its command opens over the one that is there. */
export function dialogScreen(name: string, command: CommandId, Dialog: ComponentType<DialogProps>): DialogScreen {
  return { type: 'dialog', name, command, Dialog };
}
