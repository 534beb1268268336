import type { TextFinder, TextRange } from '../../../../shared/model/find-text.ts';

/** Some words around what was found, on one line, with where it stands in them. */
export interface Excerpt {
  readonly text: string;
  readonly ranges: readonly TextRange[];
  /** What follows from the beginning of its line on: the same for a text and its echo, up to the end of the shorter one. */
  readonly key: string;
}

const before = 60;
const after = 160;
const mostRanges = 20;
/** Around what was found: so much the same is the same text. */
const keyBefore = 40;
const keyAfter = 80;

export function excerptOf(text: string, find: TextFinder): Excerpt {
  const [first] = find(text, 1);
  const [start, end] = first ?? [0, 0];
  const from = wholeCharacter(text, Math.max(0, start - before));
  const to = Math.max(end, Math.min(text.length, start + after));
  const words = text.slice(from, to).replaceAll(/\s+/g, ' ').trim().toWellFormed();
  const shown = `${from > 0 ? '… ' : ''}${words}${to < text.length ? ' …' : ''}`;
  const line = Math.max(text.lastIndexOf('\n', start - 1) + 1, start - keyBefore, 0);
  const around = text.slice(start === 0 ? 0 : line, Math.max(end, start + keyAfter));
  return {
    text: shown,
    ranges: first === undefined ? [] : find(shown, mostRanges),
    key: around.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, ''),
  };
}

/** Not in the middle of a pair. */
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit < 0xe000 ? at + 1 : at;
}
