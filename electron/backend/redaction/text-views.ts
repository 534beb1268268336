import { isWordy } from '../base/key-values.ts';

/** A text as it reads once a layer of writing is taken off, with the way back to the text itself. */
export interface TextView {
  readonly text: string;
  /** The range of the text that a range of the view was read from; whole escapes only. */
  source(start: number, end: number): { readonly start: number; readonly end: number };
  /** As a text of the view is written in the text itself. */
  write(text: string): string;
}

const deepest = 5;
const escape = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["\\/bfnrt]))/g;
const percent = /%(?:([0-7][0-9A-Fa-f])|((?:[89A-Fa-f][0-9A-Fa-f])(?:%[89A-Fa-f][0-9A-Fa-f]){1,3}))/g;
/** Entities of HTML for signs that stand in values; what has another name is a letter or a sign of no key and no address. */
const entity = /&(?:#(\d{2,3})|#[xX]([0-9a-fA-F]{2})|([a-z]{2,6}));/g;
const entities: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amp: '&',
    apos: "'",
    bsol: '\\',
    colon: ':',
    commat: '@',
    dash: '-',
    dollar: '$',
    equals: '=',
    gt: '>',
    hyphen: '-',
    lowbar: '_',
    lt: '<',
    num: '#',
    percnt: '%',
    period: '.',
    plus: '+',
    quot: '"',
    sol: '/',
  }),
);
/** A line end inside of something that a machine made: the line before it ends in such signs, and so does the next one begin. */
const lineEnd = /(?<=[A-Za-z0-9+/=_.-])\\?\r?\n[ \t]{0,40}(?=([A-Za-z0-9+/_-]{1,200}={0,2}(?![=:\w+/-])))/g;
const anyLineEnd = /(?<=\S)\r?\n[ \t]{0,40}(?=\S)/g;
/** Between two texts of a list, or of two events of a stream: what came in pieces is told in pieces. */
const betweenChunks =
  /(?:(?<=[A-Za-z0-9+/=_.@-])"\s{0,8},\s{0,8}"(?=[A-Za-z0-9+/=_.@-]{1,400}"(?!\s?:))|"[^"\n]{0,60}\n\s{0,4}(?:event:[^\n]{0,60}\n)?data: ?\{[^\n]{0,300}?"(?:content|text|delta|arguments|partial_json|input|thinking)"\s?:\s?")/g;
const deepestEncoding = 3;
const letters: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** A text, or what stands in its strings of JSON. What not everybody looks at is made when it is asked for. */
export interface TextLevel {
  readonly plain: TextView;
  /** Without percent-encoding or entities of HTML, as often as it is encoded. */
  readonly decoded: readonly TextView[];
  /** With what line ends seem to have split put together; undefined where they have not. */
  joined(): TextView | undefined;
  /** With what stands in several texts of a list, or in several events of a stream, put together. */
  chunked(): TextView | undefined;
  /** All in one line, for values that are known; undefined where no line ends, or where it does not hold what is looked for. */
  oneLine(holds: (text: string) => boolean): TextView | undefined;
}

/**
 * Every way in which a text may hold another one: strings of JSON in JSON in JSON, percent-encoding, entities of HTML, and what line ends have
 * split. The innermost first; the last one is the text itself.
 */
export function levelsOf(text: string): readonly TextLevel[] {
  const levels: TextView[] = [{ text, source: (start, end) => ({ start, end }), write: (made) => made }];
  for (let depth = 0; depth < deepest; depth++) {
    const below = levels.at(-1);
    const level =
      below?.text.includes('\\') &&
      derive(
        below,
        escape,
        ({ 1: long, 2: code = long, 3: letter = '' }) =>
          code === undefined ? (letters[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
        (made) => JSON.stringify(made).slice(1, -1),
      );
    if (!level) break;
    levels.push(level);
  }
  return levels.toReversed().map((plain) => ({
    plain,
    joined: () => derive(plain, lineEnd, ({ 1: next = '' }) => (isWordy(next) ? undefined : '')),
    oneLine: (holds) =>
      plain.text.includes('\n') && holds(plain.text.replaceAll(anyLineEnd, ''))
        ? derive(plain, anyLineEnd, () => '')
        : undefined,
    chunked: () => derive(plain, betweenChunks, () => ''),
    decoded: [...decodedViews(plain), ...withoutEntities(plain)],
  }));
}

function decodedViews(plain: TextView): readonly TextView[] {
  const views: TextView[] = [];
  let at: TextView | undefined = plain;
  while (at?.text.includes('%') && views.length < deepestEncoding) {
    at = derive(
      at,
      percent,
      ({ 0: all, 1: code }) =>
        code === undefined ? decodedOrNone(all) : String.fromCharCode(Number.parseInt(code, 16)),
      encodeURIComponent,
    );
    if (at) views.push(at);
  }
  return views;
}

function withoutEntities(plain: TextView): readonly TextView[] {
  const views: TextView[] = [];
  let at: TextView | undefined = plain;
  while (at?.text.includes('&') && views.length < deepestEncoding) {
    at = derive(
      at,
      entity,
      ({ 1: decimal, 2: hexadecimal, 3: name = '' }) => {
        if (decimal === undefined && hexadecimal === undefined) return entities.get(name);
        const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
        return code >= 9 && code < 127 ? String.fromCharCode(code) : undefined;
      },
      (made) => made.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    );
    if (at) views.push(at);
  }
  return views;
}

function decodedOrNone(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

interface Piece {
  /** Where it begins in the view, and in the text below. */
  readonly at: number;
  readonly from: number;
  /** Its length below, where it is not written as it stands there. */
  readonly length: number | undefined;
}

/** undefined: the pattern changes nothing. */
function derive(
  below: TextView,
  pattern: RegExp,
  read: (match: RegExpExecArray) => string | undefined,
  write: (text: string) => string = (made) => made,
): TextView | undefined {
  const source = below.text;
  const pieces: Piece[] = [];
  let text = '';
  let from = 0;
  for (const match of source.matchAll(pattern)) {
    const made = read(match);
    if (made === undefined) continue;
    const length = match[0].length;
    pieces.push({ at: text.length, from, length: undefined });
    text += source.slice(from, match.index);
    if (made !== '') pieces.push({ at: text.length, from: match.index, length });
    text += made;
    from = match.index + length;
  }
  if (pieces.length === 0) return undefined;
  pieces.push({ at: text.length, from, length: undefined });
  text += source.slice(from);
  return {
    text,
    write: (made) => below.write(write(made)),
    source(start, end) {
      const first = pieceAt(pieces, start);
      const last = pieceAt(pieces, Math.max(start, end - 1));
      return below.source(
        first.length === undefined ? first.from + start - first.at : first.from,
        last.length === undefined ? last.from + end - last.at : last.from + last.length,
      );
    },
  };
}

function pieceAt(pieces: readonly Piece[], at: number): Piece {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.at ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return pieces[low] ?? { at: 0, from: 0, length: undefined };
}
