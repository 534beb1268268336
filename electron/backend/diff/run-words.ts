import type { RunWords } from '../../../shared/model/comparison.ts';

/** Stand for the two runs inside a sentence until it is split: private-use characters, which `withoutMarks` takes out of a trace's own text. */
export const runA = '\uE00A';
export const runB = '\uE00B';

export function withoutMarks(text: string): string {
  return text.replaceAll(runA, '').replaceAll(runB, '');
}

/** A sentence in pieces, so that its reader can name the runs as it does elsewhere. */
export function runWords(sentence: string): RunWords {
  return sentence
    .split(/([\uE00A\uE00B])/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece === runA ? { run: 'a' } : piece === runB ? { run: 'b' } : piece));
}

const shownName = 60;

/** A name is a trace's text: on one line of a sentence, without the marks of the runs. */
export function shortName(name: string): string {
  const line = withoutMarks(name).replaceAll(/\s+/g, ' ').trim();
  return line.length <= shownName ? line : `${line.slice(0, shownName)}…`;
}
