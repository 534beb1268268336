import { expect, test } from 'vitest';
import type { RedactedValue } from '../../../../../shared/model/redaction.ts';
import { countsOf, isPieceReplaced, kindRows, nothingLeft, redactionOf, withKind, withValue } from './share-choice.ts';

const ann: RedactedValue = { kind: 'mail', value: 'ann@acme.io', name: '[mail-1]', count: 3 };
const bob: RedactedValue = { kind: 'mail', value: 'bob@acme.io', name: '[mail-2]', count: 1 };
const key: RedactedValue = { kind: 'key', value: 'sk-1', name: '[key-1]', count: 2 };
const values = [key, ann, bob];
const report = { found: { key: 2, mail: 6 }, values };
const own = { rules: ['acme*'], patterns: [] };

const states = (choice: Parameters<typeof kindRows>[0]) =>
  Object.fromEntries(
    kindRows(choice, report)
      .filter(({ count }) => count > 0)
      .map(({ kind, state }) => [kind, state]),
  );

test('one value is left, the rest of its kind is replaced', () => {
  const choice = withValue(nothingLeft, ann, false, values);
  expect(states(choice)).toEqual({ key: 'all', mail: 'some' });
  expect(countsOf(choice, report)).toEqual({ replaced: 5, left: 3 });
  expect(redactionOf(choice, own)).toEqual({
    off: [],
    withMedia: false,
    kept: ['ann@acme.io'],
    rules: ['acme*'],
    patterns: [],
  });
});

test('of a kind that is left one value is replaced, and no other with it', () => {
  const off = withKind(withValue(nothingLeft, bob, false, values), 'mail', false, values);
  expect(states(off)).toEqual({ key: 'all', mail: 'none' });
  // Values that are not in the list count with their kind.
  expect(countsOf(off, report)).toEqual({ replaced: 2, left: 6 });
  const one = withValue(off, ann, true, values);
  expect(redactionOf(one, own)).toMatchObject({ off: [], kept: ['bob@acme.io'] });
  expect(redactionOf(withKind(one, 'mail', true, values), own)).toMatchObject({ off: [], kept: [] });
});

test('an encoded text is written anew as soon as one of its values is replaced', () => {
  const piece = { text: 'YW5uLi4u', kind: 'mail' as const, replacement: 'W21haWwt', values: [1, 2] };
  const withoutAnn = withValue(nothingLeft, ann, false, values);
  expect(isPieceReplaced(withoutAnn, piece, values)).toBe(true);
  expect(isPieceReplaced(withValue(withoutAnn, bob, false, values), piece, values)).toBe(false);
  expect(isPieceReplaced(withKind(nothingLeft, 'mail', false, values), { ...piece, values: [] }, values)).toBe(false);
  expect(isPieceReplaced(nothingLeft, { text: 'plain' }, values)).toBe(false);
});
