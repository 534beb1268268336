import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cannotUpdate } from './update-program.ts';
import { createUpdates } from './updates.ts';
import type { Cannot, UpdateProgram } from './updates.ts';

/** Updates of a Retake 1.0.0 with a program that tells what it did; `answers`: the buttons that a person presses. */
function made(found: string | undefined | Error, answers: readonly number[] = [], cannot?: Cannot) {
  const did: string[] = [];
  const asked: string[] = [];
  const log: string[] = [];
  const left = [...answers];
  const program: UpdateProgram = {
    async find() {
      did.push('find');
      if (found instanceof Error) throw found;
      return found;
    },
    async download(onPart) {
      did.push('download');
      onPart(0.5);
    },
    install: () => void did.push('install'),
  };
  const updates = createUpdates({
    version: '1.0.0',
    program: async () => {
      did.push('load');
      return cannot ?? program;
    },
    ask: async ({ message, detail, buttons }) => {
      asked.push(`${message}. ${detail} [${buttons.join('|')}]`);
      return left.shift() ?? buttons.length - 1;
    },
    showPart: (part) => void did.push(`part ${part}`),
    log: { path: '', write: (line) => void log.push(line) },
  });
  return { updates, did, asked, log };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('nothing is loaded or fetched while nobody asks and looking at the start is off', async () => {
  const { updates, did, asked } = made('2.0.0');
  updates.setAtStart(false);
  await settled();
  expect([did, asked]).toEqual([[], []]);
});

test('turned on it looks once in a session, however many windows say so, and tells only of a newer one', async () => {
  const none = made(undefined);
  none.updates.setAtStart(true);
  none.updates.setAtStart(true);
  await settled();
  expect([none.did, none.asked]).toEqual([['load', 'find'], []]);
  const newer = made('2.0.0', [1]);
  newer.updates.setAtStart(false);
  newer.updates.setAtStart(true);
  await settled();
  expect(newer.did).toEqual(['load', 'find']);
  expect(newer.asked).toEqual([
    'Retake 2.0.0 is there. You have 1.0.0. Nothing is downloaded before you say so. [Download it|Not now]',
  ]);
});

test('a newer one is downloaded when the user says so, and installed when they say so; asked again it is not downloaded twice', async () => {
  const { updates, did } = made('2.0.0', [0, 1, 0]);
  await updates.look(true);
  expect(did).toEqual(['load', 'find', 'download', 'part 0.5', 'part undefined']);
  await updates.look(true);
  expect(did.slice(5)).toEqual(['load', 'find', 'install']);
});

test('who asks is told of every end; a failure changes nothing and is in the log', async () => {
  const newest = made(undefined);
  await newest.updates.look(true);
  expect(newest.asked).toEqual(['This is the newest Retake. You have 1.0.0. [OK]']);
  const failed = made(new Error('The address does not answer.'));
  await failed.updates.look(true);
  expect(failed.asked).toEqual([
    'Updates could not be had. The address does not answer.\n\nNothing was changed: you have 1.0.0 as before. [OK]',
  ]);
  expect(failed.log.at(-1)).toBe('the update failed: The address does not answer.');
  const quiet = made(new Error('The address does not answer.'));
  await quiet.updates.look(false);
  expect(quiet.asked).toEqual([]);
  const cannot = made('2.0.0', [], { cannot: 'It runs from a checkout.' });
  await cannot.updates.look(true);
  expect([cannot.did, cannot.asked]).toEqual([
    ['load'],
    ['This Retake does not update itself. It runs from a checkout. [OK]'],
  ]);
});

test('what cannot replace itself says how a newer one comes', () => {
  const resourcesPath = mkdtempSync(join(tmpdir(), 'retake-updates-'));
  const one = { isPackaged: true, platform: 'linux', resourcesPath, environment: {} };
  const image = { ...one, environment: { APPIMAGE: '/home/me/Retake.AppImage' } };
  expect(cannotUpdate({ ...one, isPackaged: false })).toMatch(/checkout/);
  expect(cannotUpdate(one)).toMatch(/package of the system/);
  expect(cannotUpdate(image)).toMatch(/named no address/);
  writeFileSync(join(resourcesPath, 'app-update.yml'), 'provider: generic\nurl: https://updates.invalid/\n');
  expect(cannotUpdate(image)).toBeUndefined();
  expect(cannotUpdate({ ...one, platform: 'win32' })).toBeUndefined();
  rmSync(resourcesPath, { recursive: true });
});
