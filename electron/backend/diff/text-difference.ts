import { diffArrays } from 'diff';
import type { DiffBlock, DiffLine } from '../../../shared/model/comparison.ts';
import { gapsBetween, matchSequences } from './sequence.ts';
import type { Range } from './sequence.ts';

/** One line of a text, and what it counts as: lines with equal keys are equal, whatever the rules ignore in them. */
export interface KeyedLine {
  readonly text: string;
  readonly key: string;
}

export type LineDifference = Pick<DiffBlock, 'lines' | 'removedLines' | 'addedLines' | 'detail'>;

/** Until when words are compared; after it changed lines stand as a whole. Lines are always compared, which takes milliseconds. */
export interface TextBudget {
  readonly deadline: number;
}

/** Equal lines shown around a change. */
const contextLines = 3;
/** Fewer equal lines than this are not worth a fold. */
const smallestFold = 4;

/** `full`: no folds. */
export function diffLines(
  a: readonly KeyedLine[],
  b: readonly KeyedLine[],
  budget: TextBudget,
  full: boolean,
): LineDifference {
  const numbers = new Map<string, number>();
  const aKeys = keyNumbers(a, numbers);
  const bKeys = keyNumbers(b, numbers);
  const whole: Range = { aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length };
  const matches = matchSequences(aKeys, bKeys, whole);
  const hunks = gapsBetween(matches, whole);
  const lines: DiffLine[] = [];
  let detail: DiffBlock['detail'] = 'words';
  let at = 0;
  for (const hunk of [...hunks, { aFrom: a.length, aTo: a.length, bFrom: b.length, bTo: b.length }]) {
    pushSame(
      lines,
      a.slice(at, hunk.aFrom),
      at === 0,
      hunk.aFrom === a.length && hunk.bFrom === b.length && hunk.aTo === a.length && hunk.bTo === b.length,
      full,
    );
    const { removed, added, exact } = diffHunk(a.slice(hunk.aFrom, hunk.aTo), b.slice(hunk.bFrom, hunk.bTo), budget);
    if (!exact) detail = 'lines';
    for (const line of [...removed, ...added]) lines.push(line);
    at = hunk.aTo;
  }
  return { lines, removedLines: a.length - matches.length, addedLines: b.length - matches.length, detail };
}

function keyNumbers(lines: readonly KeyedLine[], numbers: Map<string, number>): Int32Array {
  return Int32Array.from(lines, ({ key }) => {
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = numbers.size));
    return number;
  });
}

function pushSame(lines: DiffLine[], same: readonly KeyedLine[], first: boolean, last: boolean, full: boolean): void {
  const head = first ? (last ? contextLines : 0) : contextLines;
  const tail = last ? 0 : contextLines;
  const folded = same.length - head - tail;
  const shown = full || folded < smallestFold ? same : same.slice(0, head);
  for (const { text } of shown) lines.push({ op: 'same', text });
  if (shown === same) return;
  lines.push({ op: 'folded', lines: folded });
  for (const { text } of same.slice(same.length - tail)) lines.push({ op: 'same', text });
}

type ChangedLine = Extract<DiffLine, { readonly op: 'removed' | 'added' }>;

function diffHunk(
  a: readonly KeyedLine[],
  b: readonly KeyedLine[],
  budget: TextBudget,
): { readonly removed: readonly ChangedLine[]; readonly added: readonly ChangedLine[]; readonly exact: boolean } {
  const plain = (op: 'removed' | 'added', lines: readonly KeyedLine[]): ChangedLine[] =>
    lines.map(({ text }) => ({ op, text, marks: [] }));
  if (a.length === 0 || b.length === 0) return { removed: plain('removed', a), added: plain('added', b), exact: true };
  const left = tokensOf(a);
  const right = tokensOf(b);
  const kept = commonTokens(left, right, budget);
  if (!kept) return { removed: plain('removed', a), added: plain('added', b), exact: false };
  return { removed: marked('removed', a, left, kept.a), added: marked('added', b, right, kept.b), exact: true };
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly from: number;
}

const tokenPattern = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;

function tokensOf(lines: readonly KeyedLine[]): Token[] {
  const tokens: Token[] = [];
  for (const [line, { text }] of lines.entries()) {
    if (line > 0) tokens.push({ text: '\n', line: line - 1, from: lines[line - 1]?.text.length ?? 0 });
    for (const match of text.matchAll(tokenPattern)) tokens.push({ text: match[0], line, from: match.index });
  }
  return tokens;
}

/** Tokens up to which the smallest difference is looked for: beyond, its time grows with the square (FACTS.md, Diff figures). */
const exactTokens = 3_000;
/** Words put in or taken out. A count and not a time, so that a difference reads the same on a busy machine: 25 to 40 ms at worst. */
const exactEdits = 600;
/** 8 MB of text: about a second. */
const maximumTokens = 3_000_000;

/** Which tokens both sides have, in order. undefined: the time is over. */
function commonTokens(
  a: readonly Token[],
  b: readonly Token[],
  budget: TextBudget,
): { readonly a: Uint8Array; readonly b: Uint8Array } | undefined {
  if (performance.now() >= budget.deadline || a.length + b.length > maximumTokens) return undefined;
  const kept = { a: new Uint8Array(a.length), b: new Uint8Array(b.length) };
  if (a.length + b.length <= exactTokens) {
    const changes = diffArrays(
      a.map(({ text }) => text),
      b.map(({ text }) => text),
      { maxEditLength: exactEdits },
    );
    if (changes) {
      let atA = 0;
      let atB = 0;
      for (const { added, removed, count } of changes) {
        if (!added && !removed) {
          kept.a.fill(1, atA, atA + count);
          kept.b.fill(1, atB, atB + count);
        }
        if (!added) atA += count;
        if (!removed) atB += count;
      }
      return kept;
    }
  }
  const numbers = new Map<string, number>();
  const keyed = (tokens: readonly Token[]): Int32Array =>
    keyNumbers(
      tokens.map(({ text }) => ({ text, key: text })),
      numbers,
    );
  for (const match of matchSequences(keyed(a), keyed(b), { aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length })) {
    kept.a[match.a] = 1;
    kept.b[match.b] = 1;
  }
  return kept;
}

/** Marks over neighbouring words join across the space between them: "is too strict", not "is", "too", "strict". */
function marked(
  op: 'removed' | 'added',
  lines: readonly KeyedLine[],
  tokens: readonly Token[],
  kept: Uint8Array,
): ChangedLine[] {
  const marks: [number, number][][] = lines.map(() => []);
  for (const [at, token] of tokens.entries()) {
    const isSpaceBetween =
      kept[at] === 1 && /^\s+$/.test(token.text) && token.text !== '\n' && kept[at - 1] === 0 && kept[at + 1] === 0;
    if (token.text === '\n' || (kept[at] === 1 && !isSpaceBetween)) continue;
    const of = marks[token.line];
    const last = of?.at(-1);
    const to = token.from + token.text.length;
    if (last && last[1] === token.from) last[1] = to;
    else of?.push([token.from, to]);
  }
  return lines.map(({ text }, line) => ({ op, text, marks: marks[line] ?? [] }));
}
