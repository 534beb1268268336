import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ownArguments } from './own-arguments.ts';
import { askedPart, partProgram } from './own-part.ts';

const checkout = { isPackaged: false, appFolder: resolve('/src/retake'), directory: resolve('/home/user') };

test('in a checkout they begin after the folder, whatever stands before it', () => {
  const given = ['--library', '/l', 'trace.jsonl'];
  for (const before of [[], ['--no-sandbox'], ['--force-color-profile=srgb', '--no-sandbox']])
    expect(ownArguments(['/bin/electron', ...before, '/src/retake', ...given], checkout)).toEqual(given);
});

test('the folder may be given as a relative path, and once more as a folder to import', () => {
  expect(ownArguments(['/bin/electron', '../../src/retake', '/src/retake'], checkout)).toEqual(['/src/retake']);
});

test('a packaged app has no folder', () => {
  expect(ownArguments(['/opt/Retake/retake', '/src/retake'], { ...checkout, isPackaged: true })).toEqual([
    '/src/retake',
  ]);
});

test('only the first argument of our own starts a part, and only a part that there is', () => {
  expect(askedPart(['--part', 'claude-hook', '--x', 'y'])).toEqual({ part: 'claude-hook', arguments: ['--x', 'y'] });
  for (const own of [
    [],
    ['--part'],
    ['--part', '/tmp/evil.mjs'],
    ['--part', 'toString'],
    ['a.jsonl', '--part', 'watchman'],
  ])
    expect([own, askedPart(own)]).toEqual([own, undefined]);
});

test('what the backend is told to start parts with is understood when it comes back', () => {
  const parts = ['--part', 'watchman', '4711'];
  const inCheckout = [...partProgram('/bin/electron', '/src/retake'), ...parts];
  expect(askedPart(ownArguments(inCheckout, checkout))).toEqual({ part: 'watchman', arguments: ['4711'] });
  const packaged = [...partProgram('/opt/Retake/retake', undefined), ...parts];
  expect(askedPart(ownArguments(packaged, { ...checkout, isPackaged: true }))).toEqual({
    part: 'watchman',
    arguments: ['4711'],
  });
});
