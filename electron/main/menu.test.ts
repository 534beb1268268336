import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, test } from 'vitest';
import { commandList } from '../../shared/commands.ts';
import { acceleratorOf, menuTemplate } from './menu.ts';

function itemsOf(template: readonly MenuItemConstructorOptions[]): readonly MenuItemConstructorOptions[] {
  return template.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? itemsOf(item.submenu) : [])]);
}

describe('the menu', () => {
  test('holds each command that names a menu once, and runs it by its id', () => {
    const ran: string[] = [];
    const items = itemsOf(
      menuTemplate({ commands: commandList, isMac: false, onCommand: (id) => ran.push(id) }),
    ).filter((item) => item.id !== undefined);
    const expected = commandList.filter((command) => command.menu !== undefined).map((command) => command.id);
    expect(new Set(items.map((item) => item.id))).toEqual(new Set(expected));
    expect(items).toHaveLength(expected.length);
    for (const item of items) Reflect.apply(item.click ?? (() => undefined), undefined, []);
    expect(ran).toEqual(items.map((item) => item.id));
  });

  test('shows keys but leaves them to the page, which knows what has the focus', () => {
    const items = itemsOf(menuTemplate({ commands: commandList, isMac: false, onCommand: () => undefined }));
    const open = items.find((item) => item.id === 'file.open');
    expect(open).toMatchObject({ label: 'Open files…', accelerator: 'CommandOrControl+O', registerAccelerator: false });
    expect(
      items.filter(
        (item) => item.id !== undefined && item.accelerator !== undefined && item.registerAccelerator !== false,
      ),
    ).toEqual([]);
  });

  test('ends the program where the system expects it', () => {
    const rolesOf = (isMac: boolean) =>
      itemsOf(menuTemplate({ commands: commandList, isMac, onCommand: () => undefined })).map((item) => item.role);
    expect(rolesOf(false)).toContain('quit');
    expect(rolesOf(true)).toContain('appMenu');
    expect(rolesOf(true)).not.toContain('quit');
  });
});

test('keys are named as Electron names them; those that a menu cannot show are left out', () => {
  expect(['$mod+k', '$mod+Shift+v', 'Alt+ArrowLeft', '$mod+,'].map(acceleratorOf)).toEqual([
    'CommandOrControl+K',
    'CommandOrControl+Shift+V',
    'Alt+Left',
    'CommandOrControl+,',
  ]);
  expect(['g r', '[Shift]+?', 'j', 'Enter', undefined].map(acceleratorOf)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
