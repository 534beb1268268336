import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, test } from 'vitest';
import { commandList } from '../../shared/commands.ts';
import { acceleratorOf, keepMenu, menuTemplate } from './menu.ts';

function itemsOf(template: readonly MenuItemConstructorOptions[]): readonly MenuItemConstructorOptions[] {
  return template.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? itemsOf(item.submenu) : [])]);
}

const everything = commandList.map(({ id }) => id);
const idsOf = (template: readonly MenuItemConstructorOptions[]) =>
  itemsOf(template).flatMap(({ id }) => (id === undefined ? [] : [id]));

const nothing = (): undefined => undefined;
const idle = { onCommand: nothing, onShowLog: nothing, onLookForUpdates: nothing };

describe('the menu', () => {
  test('holds each handled command that names a menu once, and runs it by its id', () => {
    const ran: string[] = [];
    const items = itemsOf(
      menuTemplate({
        handled: everything,
        isMac: false,
        onCommand: (id) => ran.push(id),
        onShowLog: () => ran.push('help.log'),
        onLookForUpdates: () => ran.push('help.updates'),
      }),
    ).filter((item) => item.id !== undefined);
    const expected = commandList.filter((command) => command.menu !== undefined).map((command) => command.id);
    expect(new Set(items.map((item) => item.id))).toEqual(new Set(expected));
    expect(items).toHaveLength(expected.length);
    for (const item of items) Reflect.apply(item.click ?? (() => undefined), undefined, []);
    expect(ran).toEqual(items.map((item) => item.id));
  });

  test('lists nothing that nothing handles', () => {
    const handled = ['go.runs', 'file.open', 'steps.next', 'format.disk'];
    expect(idsOf(menuTemplate({ handled, isMac: false, ...idle }))).toEqual([
      'file.open',
      'go.runs',
      // What main does by itself when nothing in the window works.
      'help.updates',
      'help.log',
    ]);
    expect(idsOf(menuTemplate({ handled: [], isMac: true, ...idle }))).toEqual(['help.updates', 'help.log']);
  });

  test('is made anew when what it lists has changed, and only then', () => {
    const made: (readonly string[])[] = [];
    const show = keepMenu({
      isMac: false,
      ...idle,
      install: (template) => made.push(idsOf(template)),
    });
    show(['go.runs', 'steps.next']);
    show(['steps.next', 'steps.previous', 'go.runs']);
    show(['go.runs', 'run.export']);
    show([]);
    const own = ['help.updates', 'help.log'];
    expect(made).toEqual([own, ['go.runs', ...own], ['run.export', 'go.runs', ...own], own]);
  });

  test('shows keys but leaves them to the page, which knows what has the focus', () => {
    const items = itemsOf(menuTemplate({ handled: everything, isMac: false, ...idle }));
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
      itemsOf(menuTemplate({ handled: everything, isMac, ...idle })).map((item) => item.role);
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
