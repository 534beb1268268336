/**
 * The user's words as an FTS5 query that finds all of them: every word is quoted, so that nothing in it is syntax;
 * "several words" in quotes stay together; the last word also finds what begins with it. Undefined when there is no word.
 */
export function ftsQuery(text: string): string | undefined {
  const terms = searchTerms(text);
  if (terms.length === 0) return undefined;
  const open = /[\p{L}\p{N}]$/u.test(text);
  return terms
    .map((term, index) => `"${term.replaceAll('"', '""')}"${open && index === terms.length - 1 ? '*' : ''}`)
    .join(' ');
}

/** Words and phrases that hold at least one letter or digit. */
export function searchTerms(text: string): readonly string[] {
  // FTS5 reads its query up to a NUL.
  return [...text.replaceAll('\0', ' ').matchAll(/"([^"]*)"|([^\s"]+)/g)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((term) => /[\p{L}\p{N}]/u.test(term));
}
