import { expect, it } from 'vitest';
import { commandList } from '../../../../shared/commands.ts';
import { isMeant, matchCommands } from './match-commands.ts';

const ids = (query: string) => matchCommands(commandList, query).map((command) => command.id);

it('keeps every command, in order, for an empty query', () =>
  expect(ids('  ')).toEqual(commandList.map((command) => command.id)));

it('puts titles that start with the query first, then words within, then parts of words', () => {
  expect(ids('open')[0]).toBe('file.open');
  expect(ids('runs').slice(0, 2)).toEqual(['go.runs', 'runs.select-all']);
  expect(ids('appear dark')).toEqual(['view.theme-dark']);
  expect(ids('zzz')).toEqual([]);
});

it('knows when a command is what is meant', () => {
  const settings = commandList.find((command) => command.id === 'go.settings');
  expect(settings && isMeant(settings, 'sett')).toBe(true);
  expect(settings && isMeant(settings, 'tings')).toBe(false);
});
