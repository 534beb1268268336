import { useEffect, useRef, useSyncExternalStore } from 'react';
import { tinykeys } from 'tinykeys';
import { commandById, commandGroups, commandList } from '../../../shared/commands.ts';
import type { CommandGroup, CommandId, CommandInfo } from '../../../shared/commands.ts';

/**
 * The one command registry: shared/commands.ts names them, screens register what they do. Palette, keys, menu and the
 * `?` sheet show a command only while something handles it, so nothing is offered that does not work here.
 */
export interface CommandHandler {
  readonly id: CommandId;
  readonly run: () => void;
  /** Asked at the moment of use; absent means always. */
  readonly when?: () => boolean;
}

interface Registration {
  /** Finds the handler as of the latest render of the component that registered it. */
  readonly find: () => CommandHandler | undefined;
  readonly isOver: boolean;
}

/** Of a sheet or dialog: its commands have the keys that they share with the screen under it. */
interface CommandsOptions {
  readonly isOver?: boolean;
}

/** The handler registered last wins: a dialog's over the screen's under it. */
const registrations = new Map<string, Registration[]>();
const listeners = new Set<() => void>();
let available: readonly CommandInfo[] = [];

function changed(): void {
  available = commandList.filter((command) => registrations.has(command.id));
  for (const listener of listeners) listener();
}

function register(id: string, registration: Registration): () => void {
  registrations.set(id, [...(registrations.get(id) ?? []), registration]);
  changed();
  return () => {
    const left = (registrations.get(id) ?? []).filter((one) => one !== registration);
    if (left.length > 0) registrations.set(id, left);
    else registrations.delete(id);
    changed();
  };
}

/** Registers handlers until the result is called. Each is asked for anew at every use. */
export function registerCommands(
  ids: readonly string[],
  find: (id: string) => CommandHandler | undefined,
  { isOver = false }: CommandsOptions = {},
): () => void {
  const undo = ids.map((id) => register(id, { find: () => find(id), isOver }));
  return () => {
    for (const one of undo) one();
  };
}

/**
 * Registers handlers for as long as the component is mounted. The list may be new at each render (handlers always see
 * the latest); only its ids must not depend on anything but mounting.
 */
export function useCommands(handlers: readonly CommandHandler[], { isOver = false }: CommandsOptions = {}): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });

  const ids = handlers.map((handler) => handler.id).join(' ');
  useEffect(
    () => registerCommands(ids.split(' '), (id) => latest.current.find((handler) => handler.id === id), { isOver }),
    [ids, isOver],
  );
}

interface Found {
  readonly handler: CommandHandler;
  readonly isOver: boolean;
}

function foundFor(id: CommandId): Found | undefined {
  const held = registrations.get(id);
  for (let at = (held?.length ?? 0) - 1; at >= 0; at -= 1) {
    const one = held?.[at];
    const handler = one?.find();
    if (one !== undefined && handler !== undefined && (handler.when?.() ?? true))
      return { handler, isOver: one.isOver };
  }
  return undefined;
}

function handlerOf(id: CommandId): CommandHandler | undefined {
  return foundFor(id)?.handler;
}

/** Of commands with the same keys the one that has them now: a sheet's before the screen's under it. */
export function handlerOfKeys(ids: readonly CommandId[]): CommandHandler | undefined {
  const found = ids.flatMap((id) => foundFor(id) ?? []);
  return (found.find(({ isOver }) => isOver) ?? found[0])?.handler;
}

/** True when something here handles the command now. */
export function canRun(id: CommandId): boolean {
  return handlerOf(id) !== undefined;
}

/** Runs it; false when nothing handles it here. Ids from the menu are strings: unknown ones are ignored. */
export function runCommand(id: string): boolean {
  const command = commandById(id);
  const handler = command === undefined ? undefined : handlerOf(command.id);
  handler?.run();
  return handler !== undefined;
}

/** Commands that something handles on this screen, in the order of shared/commands.ts. */
export function useAvailableCommands(): readonly CommandInfo[] {
  return useSyncExternalStore(onCommandsChange, availableCommands);
}

/** Those of them that have keys, by their group. */
export function useKeyGroups(): readonly { readonly name: CommandGroup; readonly rows: readonly CommandInfo[] }[] {
  const commands = useAvailableCommands().filter((command) => command.keys.length > 0);
  return commandGroups
    .map((name) => ({ name, rows: commands.filter((command) => command.group === name) }))
    .filter(({ rows }) => rows.length > 0);
}

export function availableCommands(): readonly CommandInfo[] {
  return available;
}

export function onCommandsChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Commands by binding: several screens use the same keys, one of them is open. Those of several presses come first: the last press of
 * `y c` is that of `c` too, and whoever is first has it.
 */
export function bindings(list: readonly CommandInfo[]): ReadonlyMap<string, readonly CommandId[]> {
  const byKeys = new Map<string, CommandId[]>();
  for (const command of list) {
    for (const keys of command.keys) byKeys.set(keys, [...(byKeys.get(keys) ?? []), command.id]);
  }
  const presses = (keys: string): number => keys.split(' ').length;
  return new Map([...byKeys].toSorted(([a], [b]) => presses(b) - presses(a)));
}

/** Listens for the keys of all commands. Returns the way to stop. */
export function listenForKeys(target: Window): () => void {
  const map = Object.fromEntries(
    [...bindings(commandList)].map(([keys, ids]) => [
      keys,
      (event: KeyboardEvent) => {
        const handler = handlerOfKeys(ids);
        if (handler === undefined) return;
        event.preventDefault();
        handler.run();
      },
    ]),
  );
  return tinykeys(target, map, { ignore: isForTheFocusedElement });
}

const typingIn =
  'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], [contenteditable=""]';
const pressable =
  'button, a[href], summary, [role=button], [role=link], [role=tab], [role=menuitem], [role=option], [role=checkbox], [role=switch]';
const overlay = '[role=dialog], [role=alertdialog], [role=menu], [role=listbox]';

/** Typing stays typing, Enter and Space press what has the focus, and an open dialog keeps plain keys to itself. */
function isForTheFocusedElement(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing) return true;
  const target = event.target;
  if (!(target instanceof Element)) return false;
  const withModifier = event.ctrlKey || event.metaKey;
  if (target.closest(typingIn) !== null && !withModifier) return true;
  if (!withModifier && (event.key === 'Enter' || event.key === ' ') && target.closest(pressable) !== null) return true;
  return target.closest(overlay) !== null && !withModifier;
}
