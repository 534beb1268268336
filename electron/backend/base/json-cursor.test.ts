import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applySplices,
  cursorAt,
  elementsOf,
  insertElement,
  kindOf,
  membersOf,
  removeElement,
  replaceWith,
  rootCursor,
  setMember,
  sourceOf,
} from './json-cursor.ts';

/** JSON text with white space wherever it may stand. */
function spaced(value: unknown, spaces: readonly string[]): string {
  let at = 0;
  const gap = (): string => spaces[at++ % spaces.length] ?? '';
  const write = (item: unknown): string => {
    if (Array.isArray(item)) return `[${gap()}${item.map((entry) => write(entry) + gap()).join(`,${gap()}`)}]`;
    if (typeof item === 'object' && item !== null)
      return `{${gap()}${Object.entries(item)
        .map(([key, entry]) => `${JSON.stringify(key)}${gap()}:${gap()}${write(entry)}${gap()}`)
        .join(`,${gap()}`)}}`;
    return JSON.stringify(item);
  };
  return gap() + write(value) + gap();
}

const spaces = fc.array(fc.constantFrom('', ' ', '\n  ', '\t'), { minLength: 1, maxLength: 7 });

test('every value is found where it stands, whatever the spacing', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), spaces, (value, gaps) => {
      const text = spaced(value, gaps);
      const check = (cursor: ReturnType<typeof rootCursor>, expected: unknown): void => {
        expect(JSON.parse(sourceOf(cursor))).toEqual(expected);
        if (kindOf(cursor) === 'array')
          elementsOf(cursor).forEach((element, index) => check(element, (expected as unknown[])[index]));
        if (kindOf(cursor) === 'object')
          for (const { key, value: member } of membersOf(cursor))
            check(member, (expected as Record<string, unknown>)[key]);
      };
      check(rootCursor(text), JSON.parse(text));
    }),
  );
});

test('changing one member or element changes that and nothing else', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.jsonValue()),
      fc.nat(),
      spaces,
      (fields, list, seed, gaps) => {
        const text = spaced({ ...fields, list }, gaps);
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const root = rootCursor(text);
        const keys = Object.keys(parsed);
        const key = keys[seed % keys.length] ?? 'list';
        const set = setMember(root, key, '"new"');
        expect(JSON.parse(applySplices(text, set ? [set] : []))).toEqual({ ...parsed, [key]: 'new' });
        const without = setMember(root, key, undefined);
        const { [key]: _gone, ...rest } = parsed;
        expect(JSON.parse(applySplices(text, without ? [without] : []))).toEqual(rest);
        const added = setMember(root, 'a key that is not there', '1');
        expect(JSON.parse(applySplices(text, added ? [added] : []))).toEqual({
          ...parsed,
          'a key that is not there': 1,
        });
        const array = cursorAt(root, 'list');
        expect(array).toBeDefined();
        if (!array) return;
        const index = seed % (list.length + 1);
        expect(
          (JSON.parse(applySplices(text, [insertElement(array, index, '"in"')])) as { list: unknown }).list,
        ).toEqual((parsed['list'] as unknown[]).toSpliced(index, 0, 'in'));
        const removed = removeElement(array, index);
        expect((JSON.parse(applySplices(text, removed ? [removed] : [])) as { list: unknown }).list).toEqual(
          (parsed['list'] as unknown[]).toSpliced(index, 1),
        );
      },
    ),
  );
});

test('the rest of the text keeps its bytes, escapes and double keys included', () => {
  const text = '{ "a" : "\\u00e9\\"]", "list":[ 1 , {"x":"}"} ,3 ],\n "a": 1.50 }';
  const root = rootCursor(text);
  const value = cursorAt(root, 'list', 1, 'x');
  expect(value && applySplices(text, [replaceWith(value, '"y"')])).toBe(
    '{ "a" : "\\u00e9\\"]", "list":[ 1 , {"x":"y"} ,3 ],\n "a": 1.50 }',
  );
  expect(sourceOf(cursorAt(root, 'a') ?? root)).toBe('1.50');
  expect(() =>
    applySplices(text, [
      { start: 0, end: 5, replacement: '' },
      { start: 3, end: 6, replacement: '' },
    ]),
  ).toThrow(RangeError);
});
