import type { TextTerm } from '../../../../shared/query/query.ts';

/** A text to find: its words one after the other. */
export interface SoughtText {
  readonly text: string;
  /** What begins with its last word is found too. */
  readonly isBeginning: boolean;
}

/** Texts with a letter or digit; a bare word that ends in `*`, and the last bare word, also find what begins with them. */
export function soughtTexts(terms: readonly TextTerm[]): readonly SoughtText[] {
  return terms.flatMap(({ text, isPhrase }, index) => {
    // FTS5 reads its query up to a NUL.
    const plain = text.replaceAll('\0', ' ');
    if (!/[\p{L}\p{N}]/u.test(plain)) return [];
    const endsOpen = /[\p{L}\p{N}]\*?$/u.test(plain);
    return [{ text: plain, isBeginning: !isPhrase && endsOpen && (plain.endsWith('*') || index === terms.length - 1) }];
  });
}

/** Texts as an FTS5 query that finds all of them: each is quoted, so that nothing in it is syntax. Undefined where there is none. */
export function ftsQuery(texts: readonly SoughtText[]): string | undefined {
  if (texts.length === 0) return undefined;
  return texts.map(({ text, isBeginning }) => `"${text.replaceAll('"', '""')}"${isBeginning ? '*' : ''}`).join(' ');
}
