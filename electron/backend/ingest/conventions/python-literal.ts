import { maximumDepth } from '../../telemetry/raw-span.ts';

/**
 * A value as Python prints it (`{'a': None, 'b': [True, 1.5]}`), which emitters write where JSON was meant. Dictionaries become Maps: keys come
 * from a trace. undefined where the text is no such value as a whole, is nested too deep, or holds objects (`<Tool object at …>`).
 */
export function parsePythonLiteral(text: string): unknown {
  return parse({ text, at: 0, hasObjects: false });
}

/** As above, with data objects (`Name(key=value, …)`), which become Maps with their class under `class`, and members of enumerations (`<Role.USER: 'user'>`), which are their values. */
export function parsePythonObjects(text: string): unknown {
  return parse({ text, at: 0, hasObjects: true });
}

function parse(reader: Reader): unknown {
  const { text } = reader;
  try {
    const value = readValue(reader, 0);
    skipSpace(reader);
    return reader.at === text.length ? value : undefined;
  } catch (error) {
    if (error instanceof NotPython) return undefined;
    throw error;
  }
}

interface Reader {
  readonly text: string;
  at: number;
  readonly hasObjects: boolean;
}

class NotPython extends Error {}

const words: readonly (readonly [string, unknown])[] = [
  ['None', null],
  ['True', true],
  ['False', false],
];
const closing: ReadonlyMap<string, string> = new Map([
  ['[', ']'],
  ['(', ')'],
  ['{', '}'],
]);
const numberPattern = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
]);
/** Digits after the letter of an escape. */
const codes: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

function skipSpace(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at += 1;
}

function readValue(reader: Reader, depth: number): unknown {
  if (depth > maximumDepth) throw new NotPython();
  skipSpace(reader);
  const first = reader.text[reader.at] ?? '';
  const end = closing.get(first);
  if (end !== undefined) return first === '{' ? readDictionary(reader, depth) : readList(reader, end, depth);
  if (first === "'" || first === '"') return readText(reader, first);
  const word = words.find(([name]) => reader.text.startsWith(name, reader.at));
  if (word !== undefined) {
    reader.at += word[0].length;
    return word[1];
  }
  if (reader.hasObjects && first === '<') return readMember(reader, depth);
  const name = reader.hasObjects ? matchAt(objectPattern, reader) : undefined;
  if (name !== undefined) return readObject(reader, name, depth);
  numberPattern.lastIndex = reader.at;
  const [digits] = numberPattern.exec(reader.text) ?? [];
  if (digits === undefined) throw new NotPython();
  reader.at += digits.length;
  return Number(digits);
}

function readList(reader: Reader, end: string, depth: number): readonly unknown[] {
  const list: unknown[] = [];
  eachItem(reader, end, () => list.push(readValue(reader, depth + 1)));
  return list;
}

function readDictionary(reader: Reader, depth: number): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  eachItem(reader, '}', () => {
    const key = readValue(reader, depth + 1);
    skipSpace(reader);
    if (reader.text[reader.at] !== ':') throw new NotPython();
    reader.at += 1;
    found.set(String(key), readValue(reader, depth + 1));
  });
  return found;
}

const objectPattern = /([A-Za-z_]\w{0,99})(?=\()/y;
const fieldPattern = /([A-Za-z_]\w{0,99})=/y;
const memberPattern = /<([A-Za-z_][\w.]{0,199}): /y;

function matchAt(pattern: RegExp, reader: Reader): string | undefined {
  pattern.lastIndex = reader.at;
  const [whole = '', name] = pattern.exec(reader.text) ?? [];
  if (name !== undefined) reader.at += whole.length;
  return name;
}

function readMember(reader: Reader, depth: number): unknown {
  if (matchAt(memberPattern, reader) === undefined) throw new NotPython();
  const value = readValue(reader, depth + 1);
  if (reader.text[reader.at] !== '>') throw new NotPython();
  reader.at += 1;
  return value;
}

function readObject(reader: Reader, name: string, depth: number): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>([['class', name]]);
  eachItem(reader, ')', () => {
    skipSpace(reader);
    const key = matchAt(fieldPattern, reader);
    if (key === undefined) throw new NotPython();
    found.set(key, readValue(reader, depth + 1));
  });
  return found;
}

function eachItem(reader: Reader, end: string, read: () => void): void {
  reader.at += 1;
  for (;;) {
    skipSpace(reader);
    if (reader.text[reader.at] === end) break;
    read();
    skipSpace(reader);
    if (reader.text[reader.at] === ',') reader.at += 1;
    else if (reader.text[reader.at] !== end) throw new NotPython();
  }
  reader.at += 1;
}

function readText(reader: Reader, quote: string): string {
  let said = '';
  reader.at += 1;
  for (;;) {
    const letter = reader.text[reader.at];
    if (letter === undefined) throw new NotPython();
    reader.at += 1;
    if (letter === quote) return said;
    said += letter === '\\' ? readEscape(reader) : letter;
  }
}

function readEscape(reader: Reader): string {
  const letter = reader.text[reader.at] ?? '';
  reader.at += 1;
  const length = codes.get(letter);
  if (length === undefined) return escapes.get(letter) ?? `\\${letter}`;
  const digits = reader.text.slice(reader.at, reader.at + length);
  const code = Number.parseInt(digits, 16);
  if (!/^[\da-f]+$/i.test(digits) || code > 0x10_ff_ff) throw new NotPython();
  reader.at += length;
  return String.fromCodePoint(code);
}
