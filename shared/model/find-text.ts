/** A text as the full-text index finds it: its words one after the other, whatever stands between them, in any case and without accents. */
export interface TextToFind {
  readonly text: string;
  /** What begins with its last word is found too. */
  readonly isBeginning: boolean;
}

/** [from, to) in UTF-16 units. */
export type TextRange = readonly [number, number];

/** At most so many places, in their order; they do not overlap. */
export type TextFinder = (within: string, most: number) => readonly TextRange[];

/** Finds any of the texts; undefined where there is no word in them. Linear in what is looked through. */
export function textFinder(texts: readonly TextToFind[]): TextFinder | undefined {
  const patterns = texts.flatMap(({ text, isBeginning }) => {
    const words = folded(text).match(/[\p{L}\p{N}]+/gu);
    return words === null ? [] : [`${words.join('[^\\p{L}\\p{N}]+')}${isBeginning ? '' : '(?![\\p{L}\\p{N}\\p{M}])'}`];
  });
  if (patterns.length === 0) return undefined;
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}\\p{M}])(?:${patterns.join('|')})`, 'gu');
  return (within, most) => {
    const ranges: TextRange[] = [];
    for (const match of folded(within).matchAll(pattern)) {
      if (ranges.length >= most) break;
      ranges.push([match.index, match.index + match[0].length]);
    }
    return ranges;
  };
}

/** Small letters without accents, each where it was: a character that would take another number of units stays. */
function folded(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length && !/[^\p{ASCII}]/u.test(lower)) return lower;
  let result = '';
  for (const character of text) {
    const plain = character
      .normalize('NFD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase();
    result += plain.length === character.length ? plain : character;
  }
  return result;
}
