import { z } from 'zod';

const jsonNodeSchema = z.object({
  /** As it was sent, between its quotes; undefined in an array. Cut at `longestKey`. */
  key: z.string().optional(),
  kind: z.enum(['object', 'array', 'string', 'number', 'word']),
  /** Offsets of the value in the text: [from, to). */
  from: z.number(),
  to: z.number(),
  /** Children of an object or array; of others 0. */
  count: z.number(),
  /** The text breaks off inside of it. */
  isOpen: z.boolean(),
  /** A scalar as it was sent, cut at `longestScalar`: the rest stands at its offsets. */
  text: z.string(),
});
/**
 * JSON text read as a tree, one level at a time and without parsing it: a value is named by the offset at which it
 * begins, so a text of any size, or one that breaks off in the middle, opens as far as it goes. Keys, numbers and
 * repeated keys stay as they were sent.
 */
export type JsonNode = Readonly<z.infer<typeof jsonNodeSchema>>;

export const jsonChildrenSchema = z.object({
  nodes: z.array(jsonNodeSchema),
  /** Where more children of the same value begin; undefined: these are the last. */
  next: z.number().optional(),
  /** The text breaks off, or is no JSON from here on. */
  isBroken: z.boolean(),
});
export type JsonChildren = z.infer<typeof jsonChildrenSchema>;

const longestKey = 1_000;
export const longestScalar = 2_000;

/** Children of the object or array at `at`, beginning at `from` (a `next` of before, else its first), at most `most`. */
export function jsonChildren(text: string, at: number, most: number, from?: number): JsonChildren {
  const isObject = text[at] === '{';
  const nodes: JsonNode[] = [];
  if (!isObject && text[at] !== '[') return { nodes, isBroken: true };
  const end = isObject ? '}' : ']';
  let place = skipSpace(text, from ?? at + 1);
  while (place < text.length) {
    if (text[place] === end) return { nodes, isBroken: false };
    if (nodes.length >= most) return { nodes, next: place, isBroken: false };
    let key: string | undefined;
    if (isObject) {
      if (text[place] !== '"') return { nodes, isBroken: true };
      const keyEnd = stringEnd(text, place);
      key = text.slice(place + 1, Math.min(keyEnd - 1, place + 1 + longestKey));
      place = skipSpace(text, keyEnd);
      if (text[place] !== ':') return { nodes, isBroken: true };
      place = skipSpace(text, place + 1);
    }
    const node = jsonNode(text, place, key);
    if (node === undefined) return { nodes, isBroken: true };
    nodes.push(node);
    place = skipSpace(text, node.to);
    if (text[place] === ',') place = skipSpace(text, place + 1);
    else if (text[place] !== end) return { nodes, isBroken: true };
  }
  return { nodes, isBroken: true };
}

/** The value that begins at `at`; undefined where none does. */
export function jsonNode(text: string, at: number, key?: string): JsonNode | undefined {
  const first = text[at];
  if (first === '{' || first === '[') {
    const { to, count, isOpen } = structureEnd(text, at);
    return { key, kind: first === '{' ? 'object' : 'array', from: at, to, count, isOpen, text: '' };
  }
  if (first === '"') {
    const to = stringEnd(text, at);
    const isOpen = to >= text.length && !isClosedString(text, at);
    return {
      key,
      kind: 'string',
      from: at,
      to,
      count: 0,
      isOpen,
      text: text.slice(at, Math.min(to, at + longestScalar)),
    };
  }
  const to = wordEnd(text, at);
  if (to === at) return undefined;
  const word = text.slice(at, Math.min(to, at + longestScalar));
  const isWord = word === 'true' || word === 'false' || word === 'null';
  if (!isWord && !/^-?\d[\d.eE+-]*$/.test(word)) return undefined;
  return { key, kind: isWord ? 'word' : 'number', from: at, to, count: 0, isOpen: false, text: word };
}

/** Offset of the object or array that the whole text is; undefined when it is another text. */
export function jsonRoot(text: string): number | undefined {
  const at = skipSpace(text, 0);
  if (text[at] !== '{' && text[at] !== '[') return undefined;
  const first = jsonChildren(text, at, 1);
  return first.nodes.length === 0 && first.isBroken ? undefined : at;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) break;
  }
  return at;
}

/** One past the closing quote; the text's end where there is none. */
function stringEnd(text: string, at: number): number {
  const marks = /["\\]/g;
  marks.lastIndex = at + 1;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') return mark.index + 1;
    marks.lastIndex = mark.index + 2;
  }
  return text.length;
}

function isClosedString(text: string, at: number): boolean {
  if (text.length < at + 2 || !text.endsWith('"')) return false;
  let slashes = 0;
  for (let before = text.length - 2; before > at && text[before] === '\\'; before -= 1) slashes += 1;
  return slashes % 2 === 0;
}

function structureEnd(
  text: string,
  at: number,
): { readonly to: number; readonly count: number; readonly isOpen: boolean } {
  const marks = /["{}[\],]/g;
  marks.lastIndex = at;
  let depth = 0;
  let commas = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const [sign] = mark;
    if (sign === '"') marks.lastIndex = stringEnd(text, mark.index);
    else if (sign === ',') commas += depth === 1 ? 1 : 0;
    else if (sign === '{' || sign === '[') depth += 1;
    else if (--depth === 0) return { to: mark.index + 1, count: countOf(text, at, mark.index, commas), isOpen: false };
  }
  return { to: text.length, count: countOf(text, at, text.length, commas), isOpen: true };
}

function countOf(text: string, at: number, end: number, commas: number): number {
  return commas === 0 && skipSpace(text, at + 1) >= end ? 0 : commas + 1;
}

function wordEnd(text: string, at: number): number {
  const stop = /[\s,:{}[\]"]/g;
  stop.lastIndex = at;
  return stop.exec(text)?.index ?? text.length;
}
