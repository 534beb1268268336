import type { MenuItemConstructorOptions } from 'electron';
import type { CommandInfo } from '../../shared/commands.ts';

export interface MenuOptions {
  readonly commands: readonly CommandInfo[];
  readonly isMac: boolean;
  readonly onCommand: (commandId: string) => void;
}

/** The application menu: the commands that name a menu, in their order, and what every desktop program has. */
export function menuTemplate({ commands, isMac, onCommand }: MenuOptions): MenuItemConstructorOptions[] {
  const itemsOf = (menu: CommandInfo['menu']): MenuItemConstructorOptions[] =>
    commands
      .filter((command) => command.menu === menu)
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
    { role: 'help', submenu: itemsOf('help') },
  ];
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
