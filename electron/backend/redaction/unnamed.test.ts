import { expect, test } from 'vitest';
import { createUnnamed, hasNames } from './unnamed.ts';

test('a text with a value reads as one with a name, wherever its owner lives', () => {
  const unnamed = createUnnamed();
  const key = `sk-proj-${'Ab3dE6gHi9KlMn2pQr5tUv8x'}`;
  const [named] = unnamed([`Mail [mail-2] from ~/shop with [key-1].`]);
  expect(unnamed([`Mail ann@acme.io from /home/ann/shop with ${key}.`])).toEqual([named]);
  expect(unnamed([`Mail bob@other.org from /Users/bob/shop with ${key}x.`])).toEqual([named]);
  expect(unnamed(['Mail nobody from ~/shop with [key-1].'])).not.toEqual([named]);
  expect(unnamed(['DB_PASSWORD=hunter2', 'it is hunter2'])).toEqual(['DB_PASSWORD=[key]', 'it is [key]']);
});

test('only a text with a name in it was redacted', () => {
  expect(['a [mail-1] b', 'a[key-12]', '[note-1]', 'key-1', '[key-]'].map(hasNames)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
