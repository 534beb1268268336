/** Scripts that are written without blanks between words, or whose words have endings (Korean): each character is a word of its own. */
const unspaced = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const unspacedCharacter = new RegExp(`[${unspaced}]`, 'u');
const unspacedCharacters = new RegExp(`[${unspaced}]`, 'gu');
const word = new RegExp(String.raw`(?=[\p{L}\p{N}])[${unspaced}]|(?:(?![${unspaced}])[\p{L}\p{N}])+`, 'gu');
/** Something that a word would go on with. */
const wordGoesOn = String.raw`(?![${unspaced}])[\p{L}\p{N}\p{M}]`;

/** With blanks around each character that is a word of its own, so that an index by words finds any part of what stands without blanks. */
export function charactersApart(text: string): string {
  return unspacedCharacter.test(text) ? text.replace(unspacedCharacters, ' $& ') : text;
}

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
    const words = folded(text).match(word);
    return words === null ? [] : [patternOf(words, isBeginning)];
  });
  if (patterns.length === 0) return undefined;
  const pattern = new RegExp(patterns.join('|'), 'gu');
  return (within, most) => {
    const ranges: TextRange[] = [];
    for (const match of folded(within).matchAll(pattern)) {
      if (ranges.length >= most) break;
      ranges.push([match.index, match.index + match[0].length]);
    }
    return ranges;
  };
}

function patternOf(words: readonly string[], isBeginning: boolean): string {
  const standsAlone = (at: number): boolean => unspacedCharacter.test(words[at] ?? '');
  const pieces = words.map((text, at) =>
    at === 0 ? text : `[^\\p{L}\\p{N}]${standsAlone(at - 1) || standsAlone(at) ? '*' : '+'}${text}`,
  );
  const before = standsAlone(0) ? '' : `(?<!${wordGoesOn})`;
  const after = isBeginning || standsAlone(words.length - 1) ? '' : `(?!${wordGoesOn})`;
  return `${before}${pieces.join('')}${after}`;
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
    result += plain.length === character.length && !unspacedCharacter.test(character) ? plain : character;
  }
  return result;
}
