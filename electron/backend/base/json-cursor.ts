/**
 * A value inside a JSON text, by where it stands: so that an edit replaces these characters and leaves every other
 * byte of a request as it was. Only for text that `JSON.parse` has accepted: nothing here checks it again.
 * A key that is written twice means its last value, as in `JSON.parse`.
 */
export interface JsonCursor {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface JsonMember {
  readonly key: string;
  /** Where the key's opening quote stands. */
  readonly keyStart: number;
  readonly value: JsonCursor;
}

/** What an edit does to a text: these characters become those. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

const space = /[ \t\n\r]*/y;
const scalar = /[^,\]} \t\n\r]*/y;

function skipSpace(text: string, position: number): number {
  space.lastIndex = position;
  return position + (space.exec(text)?.[0].length ?? 0);
}

export function rootCursor(text: string): JsonCursor {
  const start = skipSpace(text, 0);
  return { text, start, end: endOfValue(text, start) };
}

export function kindOf({ text, start }: JsonCursor): 'object' | 'array' | 'string' | 'scalar' {
  switch (text[start]) {
    case '{':
      return 'object';
    case '[':
      return 'array';
    case '"':
      return 'string';
    default:
      return 'scalar';
  }
}

export function sourceOf({ text, start, end }: JsonCursor): string {
  return text.slice(start, end);
}

export function membersOf(cursor: JsonCursor): readonly JsonMember[] {
  if (kindOf(cursor) !== 'object') return [];
  const { text } = cursor;
  const members: JsonMember[] = [];
  let position = skipSpace(text, cursor.start + 1);
  while (position < cursor.end && text[position] !== '}') {
    const keyStart = position;
    const keyEnd = endOfString(text, position);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, start);
    members.push({ key: String(JSON.parse(text.slice(keyStart, keyEnd))), keyStart, value: { text, start, end } });
    position = skipSpace(text, end);
    if (text[position] === ',') position = skipSpace(text, position + 1);
  }
  return members;
}

export function memberOf(cursor: JsonCursor, key: string): JsonCursor | undefined {
  return membersOf(cursor).findLast((member) => member.key === key)?.value;
}

/** The value at a path of keys and indexes; undefined where there is none. */
export function cursorAt(cursor: JsonCursor, ...path: readonly (string | number)[]): JsonCursor | undefined {
  let at: JsonCursor | undefined = cursor;
  for (const step of path) {
    if (!at) return undefined;
    at = typeof step === 'string' ? memberOf(at, step) : elementsOf(at)[step];
  }
  return at;
}

export function elementsOf(cursor: JsonCursor): readonly JsonCursor[] {
  if (kindOf(cursor) !== 'array') return [];
  const { text } = cursor;
  const elements: JsonCursor[] = [];
  let position = skipSpace(text, cursor.start + 1);
  while (position < cursor.end && text[position] !== ']') {
    const end = endOfValue(text, position);
    elements.push({ text, start: position, end });
    position = skipSpace(text, end);
    if (text[position] === ',') position = skipSpace(text, position + 1);
  }
  return elements;
}

export function replaceWith(cursor: JsonCursor, json: string): Splice {
  return { start: cursor.start, end: cursor.end, replacement: json };
}

/** The element and the comma that belongs to it. */
export function removeElement(list: JsonCursor, index: number): Splice | undefined {
  const elements = elementsOf(list);
  const element = elements[index];
  if (!element) return undefined;
  const next = elements[index + 1];
  const before = elements[index - 1];
  if (next) return { start: element.start, end: next.start, replacement: '' };
  return { start: before?.end ?? element.start, end: element.end, replacement: '' };
}

export function insertElement(list: JsonCursor, index: number, json: string): Splice {
  const elements = elementsOf(list);
  const next = elements[index];
  if (next) return { start: next.start, end: next.start, replacement: `${json},` };
  const last = elements.at(-1);
  const at = last?.end ?? list.start + 1;
  return { start: at, end: at, replacement: last ? `,${json}` : json };
}

/** Sets a member: in place where it is there, else as the last one. `undefined` removes it. */
export function setMember(object: JsonCursor, key: string, json: string | undefined): Splice | undefined {
  const members = membersOf(object);
  const at = members.findLastIndex((member) => member.key === key);
  const found = members[at];
  if (!found) {
    if (json === undefined) return undefined;
    const last = members.at(-1);
    const position = last?.value.end ?? object.start + 1;
    return { start: position, end: position, replacement: `${last ? ',' : ''}${JSON.stringify(key)}:${json}` };
  }
  if (json !== undefined) return replaceWith(found.value, json);
  const next = members[at + 1];
  if (next) return { start: found.keyStart, end: next.keyStart, replacement: '' };
  return { start: members[at - 1]?.value.end ?? found.keyStart, end: found.value.end, replacement: '' };
}

/** Splices of one text, in any order; they must not overlap. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = '';
  let position = 0;
  for (const { start, end, replacement } of splices.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < position) throw new RangeError('Two changes of a request touch the same place.');
    result += text.slice(position, start) + replacement;
    position = end;
  }
  return result + text.slice(position);
}

function endOfString(text: string, start: number): number {
  let position = start + 1;
  for (;;) {
    const end = text.indexOf('"', position);
    if (end < 0) return text.length;
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
    position = end + 1;
  }
}

const structure = /["[\]{}]/g;

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') {
    scalar.lastIndex = start;
    return start + (scalar.exec(text)?.[0].length ?? 0);
  }
  let depth = 0;
  let position = start;
  for (;;) {
    structure.lastIndex = position;
    const found = structure.exec(text);
    if (!found) return text.length;
    if (found[0] === '"') {
      position = endOfString(text, found.index);
      continue;
    }
    position = found.index + 1;
    depth += found[0] === '{' || found[0] === '[' ? 1 : -1;
    if (depth === 0) return position;
  }
}
