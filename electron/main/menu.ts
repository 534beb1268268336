import type { MenuItemConstructorOptions } from 'electron';
import { commandList } from '../../shared/commands.ts';
import type { CommandId, CommandInfo } from '../../shared/commands.ts';

export interface MenuOptions {
  /** Ids of the commands that something in the window handles now: only these are listed. */
  readonly handled: readonly string[];
  readonly isMac: boolean;
  readonly onCommand: (commandId: string) => void;
  /** By main itself: the log is looked at when there may be no page that answers. */
  readonly onShowLog: () => void;
  readonly onLookForUpdates: () => void;
}

/** What main does by itself, whatever the page does. */
const ownCommands: readonly CommandId[] = ['help.log', 'help.updates'];

/** The application menu: the handled commands that name a menu, in their order, and what every desktop program has. */
export function menuTemplate({
  handled,
  isMac,
  onCommand,
  onShowLog,
  onLookForUpdates,
}: MenuOptions): MenuItemConstructorOptions[] {
  const itemsOf = (menu: CommandInfo['menu']): MenuItemConstructorOptions[] =>
    commandList
      .filter((command) => command.menu === menu && !ownCommands.includes(command.id) && handled.includes(command.id))
      .map((command) => {
        const accelerator = acceleratorOf(command.keys[0]);
        return {
          id: command.id,
          label: command.title,
          click: () => onCommand(command.id),
          // The page handles the keys itself, so that they work the same in a browser; the menu only shows them.
          ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
        };
      });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const zoom: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    separator,
    { role: 'togglefullscreen' },
  ];
  return [
    ...(isMac ? [{ role: 'appMenu' } satisfies MenuItemConstructorOptions] : []),
    { label: 'File', submenu: [...itemsOf('file'), separator, { role: isMac ? 'close' : 'quit' }] },
    { role: 'editMenu' },
    { label: 'Go', submenu: itemsOf('go') },
    {
      label: 'View',
      submenu: [...itemsOf('view'), separator, { role: 'reload' }, { role: 'toggleDevTools' }, separator, ...zoom],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        ...itemsOf('help'),
        { id: 'help.updates', label: 'Look for updates…', click: onLookForUpdates },
        { id: 'help.log', label: 'Show the log', click: onShowLog },
      ],
    },
  ];
}

export interface KeptMenuOptions extends Omit<MenuOptions, 'handled'> {
  readonly install: (template: MenuItemConstructorOptions[]) => void;
}

/** Installs the menu with nothing to run in it yet; the result is told what is handled and makes it anew where that shows. */
export function keepMenu({ install, ...options }: KeptMenuOptions): (handled: readonly string[]) => void {
  let listed: readonly string[] = [];
  install(menuTemplate({ ...options, handled: listed }));
  return (handled) => {
    const next = commandList.flatMap(({ id, menu }) => (menu !== undefined && handled.includes(id) ? [id] : []));
    if (next.join(' ') === listed.join(' ')) return;
    listed = next;
    install(menuTemplate({ ...options, handled: listed }));
  };
}

const modifiers = new Map([
  ['$mod', 'CommandOrControl'],
  ['Shift', 'Shift'],
  ['Alt', 'Alt'],
  ['Control', 'Control'],
  ['Meta', 'Meta'],
]);
const keyNames = new Map([
  ['ArrowLeft', 'Left'],
  ['ArrowRight', 'Right'],
  ['ArrowUp', 'Up'],
  ['ArrowDown', 'Down'],
  ['Escape', 'Esc'],
]);

/**
 * tinykeys' notation in Electron's: `$mod+Shift+v` → `CommandOrControl+Shift+V`. Undefined for what a menu cannot show:
 * sequences (`g r`), optional modifiers (`[Shift]+?`) and plain keys, which belong to the page.
 */
export function acceleratorOf(keys: string | undefined): string | undefined {
  if (keys === undefined || keys.includes(' ') || keys.includes('[')) return undefined;
  const parts = keys.split('+');
  const key = parts.pop();
  if (key === undefined || key === '' || parts.length === 0) return undefined;
  const named = parts.map((part) => modifiers.get(part));
  if (named.includes(undefined)) return undefined;
  return [...named, keyNames.get(key) ?? (key.length === 1 ? key.toUpperCase() : key)].join('+');
}
