import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EarlierTexts } from './earlier-texts.ts';
import { JsonScanner, MalformedJson, needMore } from './json-scanner.ts';

/** Many backslashes and quotes, so that what two texts have in common often ends inside an escape. */
const piece = fc.constantFrom('\\\\', '\\"', '\\n', '\\u0041', 'a', 'long words '.repeat(60), '\u00e9', '{', ' ');
const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));

type Read = { readonly start: number; readonly end: number; readonly escaped: boolean; readonly next: number } | string;

function read(scanner: JsonScanner, earlier: EarlierTexts): Read {
  const like = earlier.like('key', scanner.buffer, scanner.position + 1);
  try {
    if (like) scanner.stringLike(like);
    else scanner.string();
  } catch (error) {
    if (error === needMore) return 'needs more';
    if (error instanceof MalformedJson) return error.message;
    throw error;
  }
  const { textStart: start, textEnd: end, textEscaped: escaped, position: next } = scanner;
  return { start, end, escaped, next };
}

function scannerOf(bytes: Buffer, final: boolean): JsonScanner {
  const scanner = new JsonScanner();
  scanner.refill(bytes, final);
  return scanner;
}

test('a text that begins as an earlier one is read as if there were none, whatever follows and wherever the window ends', () => {
  fc.assert(
    fc.property(
      text,
      text,
      text,
      fc.constantFrom('"', '', '\n"', '"}'),
      fc.nat({ max: 40 }),
      fc.boolean(),
      (same, rest, other, after, cut, final) => {
        const earlier = new EarlierTexts();
        const before = Buffer.from(`"${'x'.repeat(600)}${same}${rest}"`);
        const first = scannerOf(before, true);
        first.string();
        const { textStart: start, textEnd: end, textEscaped: escaped } = first;
        earlier.add('key', { form: 'text', buffer: before, start, end, escaped });
        const whole = Buffer.from(`"${'x'.repeat(600)}${same}${other}${after}`);
        const bytes = whole.subarray(0, whole.length - cut);
        expect(earlier.like('key', bytes, 1) === undefined).toBe(bytes.length < 513);
        expect(read(scannerOf(bytes, final), earlier)).toEqual(read(scannerOf(bytes, final), new EarlierTexts()));
      },
    ),
    { numRuns: 500 },
  );
});

test('two conversations that take turns are both found again; a third takes the place of the one that came before the other', () => {
  const earlier = new EarlierTexts();
  const textOf = (letter: string): Buffer => Buffer.from(letter.repeat(1_000));
  const add = (buffer: Buffer): void =>
    earlier.add('key', { form: 'text', buffer, start: 0, end: buffer.length, escaped: false });
  const found = (): string[] =>
    ['a', 'b', 'c'].filter((letter) => earlier.like('key', textOf(letter), 0) !== undefined);
  for (const letter of 'abab') add(textOf(letter));
  expect(found()).toEqual(['a', 'b']);
  add(textOf('c'));
  expect(found()).toEqual(['b', 'c']);
  expect(earlier.like('other key', textOf('c'), 0)).toBeUndefined();
});

test('windows that are long past are let go of', () => {
  const earlier = new EarlierTexts();
  const window = (letter: string): Buffer => Buffer.alloc(20 * 1024 * 1024, letter);
  for (const letter of 'abc')
    earlier.add(letter, { form: 'text', buffer: window(letter), start: 0, end: 1_000, escaped: false });
  const found = ['a', 'b', 'c'].filter((letter) => earlier.like(letter, Buffer.alloc(1_000, letter), 0) !== undefined);
  expect(found).toEqual(['b', 'c']);
});
