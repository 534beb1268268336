/**
 * A command line as people type it, taken apart without a shell: white space parts words; 'single' quotes keep everything; in
 * "double" quotes and outside of quotes a backslash keeps the quote, backslash or white space after it and is itself otherwise
 * (so that Windows paths need no doubling). Nothing is expanded: no variables, no patterns, no pipes.
 */
export type SplitCommand =
  | { readonly words: readonly string[]; readonly shellWords: readonly string[] }
  | { readonly problem: string };

/** Words that a shell would act on; here they are passed to the program as they stand. */
const shellOnly = /^(?:\|\|?|&&?|;|[0-9]?>>?.*|<.*|\$\(.*|`.*)$/;

export function splitCommand(text: string): SplitCommand {
  const words: string[] = [];
  const shellWords: string[] = [];
  let word: string | undefined;
  let bare = true;
  let quote: '"' | "'" | undefined;
  const end = () => {
    if (word === undefined) return;
    if (bare && shellOnly.test(word)) shellWords.push(word);
    words.push(word);
    word = undefined;
    bare = true;
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (quote === '"' && character === '\\' && (next === '"' || next === '\\')) {
        word = `${word ?? ''}${next}`;
        at += 1;
      } else word = `${word ?? ''}${character}`;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
      bare = false;
    } else if (character === '\\' && (next === '"' || next === "'" || next === '\\' || isSpace(next))) {
      word = `${word ?? ''}${next}`;
      bare = false;
      at += 1;
    } else if (isSpace(character)) end();
    else word = `${word ?? ''}${character}`;
  }
  if (quote !== undefined)
    return { problem: `A ${quote === '"' ? 'double' : 'single'} quote is opened and not closed.` };
  end();
  return { words, shellWords };
}

/** The words as one line that `splitCommand` takes apart again into the same words. */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (word !== '' && !/[\s'"\\]/.test(word) && !shellOnly.test(word)) return word;
  if (!word.includes("'")) return `'${word}'`;
  return `"${word.replace(/["\\]/g, (character) => `\\${character}`)}"`;
}

function isSpace(character: string): boolean {
  return character !== '' && /\s/.test(character);
}
