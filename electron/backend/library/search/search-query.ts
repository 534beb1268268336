import { charactersApart } from '../../../../shared/model/find-text.ts';
import type { TextToFind } from '../../../../shared/model/find-text.ts';

/** Texts as an FTS5 query that finds all of them: each is quoted, so that nothing in it is syntax. Undefined where there is none. */
export function ftsQuery(texts: readonly TextToFind[]): string | undefined {
  if (texts.length === 0) return undefined;
  return texts
    .map(({ text, isBeginning }) => `"${charactersApart(text).replaceAll('"', '""')}"${isBeginning ? '*' : ''}`)
    .join(' ');
}
