import type { Replaceable } from '../../base/linear-pattern.ts';

/**
 * Texts that an agent's own world makes anew in every run: ids, times, paths, ports (FACTS.md, Matching). They are where two requests
 * may differ and still be the same call; whether they may differ *there* is the matching's to say (renaming.ts).
 */

/**
 * name: stands for one thing, so that a run gives it one other name at most. number: a name that may be a sum as well. path: names in a
 * row. time: a moment that can be read. measure: small figures that meet by chance (durations, process ids, times of day). any: never compared.
 */
export type FreeKind = 'name' | 'number' | 'path' | 'time' | 'measure' | 'any';

/** A value that may be another one in another run. */
export interface FreeValue {
  readonly kind: FreeKind;
  readonly value: string;
}

interface FreeShape {
  /** Shown to the user when two values of it were taken for one. */
  readonly name: string;
  readonly kind: FreeKind;
  readonly pattern: RegExp;
  readonly replacement: string;
  /** The group of the pattern that is the value; the whole match without it. */
  readonly group?: number;
}

const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}';

/**
 * Ids of other shapes, in one pattern: which characters of an id are digits, capitals or small letters is chance, and an id must leave the
 * same text and stand in the same place among the values whatever chance has made of it (`ord_5ecad45g7a`, `ord_7SetYurHQz`; of a UUID's
 * first eight digits one in fifty has no letter).
 */
const idForms: readonly string[] = [
  // nanoid with its dashes.
  String.raw`(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{16,}(?![\w-])`,
  // A prefix and random characters.
  String.raw`\b([A-Za-z]{2,12}[_-])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])([A-Za-z0-9]{6,})\b`,
  // Capitals, small letters and digits.
  String.raw`\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])\w{8,}\b`,
  // ULID and the like.
  String.raw`\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{10,}\b`,
  String.raw`\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,11}\b`,
  // Snowflakes, and epochs in micro- and nanoseconds: which of them a number is, its digits do not say.
  String.raw`\b\d{15,20}\b`,
  String.raw`(?<=#)\d{3,14}\b`,
  String.raw`(?<![\w.,-])\d{5,14}\b(?![.,]\d)`,
];

/** An id of figures alone may be a sum as well. */
const figuresOnly = /^\d{3,14}$/;

/** In this order: a date inside a path or an id must not be cut into pieces by a shorter pattern. Linear on any text: the text is foreign. */
const shapes: readonly FreeShape[] = [
  // Gemini CLI and Qwen Code begin by telling what lies in their folder: what the run itself left there would be a difference at its first call.
  {
    name: 'folder listing',
    kind: 'any',
    pattern: /(\bShowing up to \d+ items\b[^\n]{0,500}\n\n[^\n]{0,4096}[\\/])(?:\n[│ ]*[├└]───[^\n]*)*(?:\n+|$)/g,
    replacement: '$1<listing>\n',
  },
  {
    name: 'uuid',
    kind: 'name',
    pattern: /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
    replacement: '<uuid>',
  },
  {
    name: 'date and time',
    kind: 'time',
    pattern: /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z| ?[+-]\d\d:?\d\d)?/g,
    replacement: '<time>',
  },
  { name: 'date', kind: 'time', pattern: /\b\d{4}-\d\d-\d\d\b/g, replacement: '<date>' },
  {
    name: 'date',
    kind: 'time',
    pattern: new RegExp(
      `\\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? (?:\\d{1,2} )?${month}\\b,?(?: {1,2}\\d{1,2},?)?(?: \\d\\d:\\d\\d:\\d\\d)?(?: [A-Z]{2,5}| GMT[+-]\\d{4})?(?: \\d{4})?`,
      'g',
    ),
    replacement: '<date>',
  },
  {
    name: 'date',
    kind: 'time',
    pattern: new RegExp(`\\b(?:${month} \\d{1,2}(?:st|nd|rd|th)?,? \\d{4}|\\d{1,2} ${month},? \\d{4})\\b`, 'g'),
    replacement: '<date>',
  },
  { name: 'date', kind: 'time', pattern: /\b\d{1,2}\/\d{1,2}\/\d{4}\b/g, replacement: '<date>' },
  {
    name: 'clock time',
    kind: 'measure',
    pattern: /\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[AP]M)?\b/g,
    replacement: '<clock>',
  },
  {
    name: 'process id',
    kind: 'measure',
    pattern: /\b((?:process group )?(?:pid|pgid|ppid))(\s{0,8}[:=]?\s{0,8})(\d+)/gi,
    replacement: '$1$2<n>',
    group: 3,
  },
  {
    name: 'epoch',
    kind: 'time',
    pattern: /\b1[5-9]\d{8}(?:\.\d{1,9}|\d{3})?\b/g,
    replacement: '<epoch>',
  },
  { name: 'hexadecimal id', kind: 'name', pattern: /\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, replacement: '<hex>' },
  { name: 'hexadecimal id', kind: 'name', pattern: /\b0x[0-9a-f]{6,}\b/gi, replacement: '<hex>' },
  {
    name: 'local port',
    kind: 'measure',
    pattern: /(127\.0\.0\.1|localhost|\[::1\]):(\d+)/g,
    replacement: '$1:<port>',
    group: 2,
  },
  {
    name: 'temporary path',
    kind: 'path',
    pattern: /(?:\/private)?\/(?:tmp|var\/folders)\/[^\s"'<>)\]},;]+/g,
    replacement: '<temporary>',
  },
  {
    name: 'duration',
    kind: 'measure',
    pattern: /\b\d+(?:\.\d+)? ?(?:ms|µs|s|secs?|seconds?)\b/g,
    replacement: '<duration>',
  },
  { name: 'id', kind: 'name', pattern: new RegExp(idForms.join('|'), 'g'), replacement: '$1<id>', group: 2 },
];

export interface Scrubbed {
  /** The text with what is free taken out: equal texts may be the same call. */
  readonly text: string;
  /** Names of the shapes that were found. */
  readonly hits: readonly string[];
  /** What was taken out: in the order of the shapes, then of the text. Equal texts have as many, one for one. */
  readonly values: readonly FreeValue[];
}

/** `ignore` comes first: the user's patterns are made from texts as they are. */
export function scrub(text: string, ignore: readonly Replaceable[] = []): Scrubbed {
  let result = text;
  const hits = new Set<string>();
  const values: FreeValue[] = [];
  for (const pattern of ignore) {
    const next = result.replace(pattern, '<ignored>');
    if (next !== result) hits.add('ignored by you');
    result = next;
  }
  for (const { name, kind, pattern, replacement, group = 0 } of shapes) {
    pattern.lastIndex = 0;
    if (!pattern.test(result)) continue;
    pattern.lastIndex = 0;
    for (const match of result.matchAll(pattern)) {
      const value = match[group] ?? match[0];
      const isNumber = name === 'id' && figuresOnly.test(value);
      hits.add(isNumber ? 'number' : name);
      if (kind !== 'any') values.push({ kind: isNumber ? 'number' : kind, value });
    }
    result = result.replace(pattern, replacement);
  }
  return { text: result, hits: [...hits], values };
}
