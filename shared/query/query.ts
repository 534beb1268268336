import type { TextToFind } from '../model/find-text.ts';
import { findingKinds } from '../model/finding.ts';
import type { RunStatus } from '../model/run.ts';

/**
 * The query language of the runs list, the palette, saved views, addresses and `retake search`:
 * `status:error model:claude* cost>0.10 tool:bash args:"npm test" differs:parent since:7d -tag:known "timeout"`.
 * All terms must hold; values with commas between them are one or the other; `-` before a term means that it must not hold.
 * Words without a key are looked for in everything that runs hold.
 */
export interface Query {
  readonly terms: readonly QueryTerm[];
}

export type QueryTerm = TextTerm | ChoiceTerm | PatternTerm | FigureTerm | TimeTerm;

/** Words to find. A phrase stands together as it is; a bare word that ends in `*`, or is the last one, also finds what begins with it. */
export interface TextTerm {
  readonly kind: 'text';
  readonly text: string;
  readonly isPhrase: boolean;
  readonly isNegated: boolean;
}

export interface ChoiceTerm {
  readonly kind: 'choice';
  readonly key: ChoiceKey;
  /** Each is one of the key's choices. */
  readonly values: readonly string[];
  readonly isNegated: boolean;
}

/** Names, whole and in any case; `*` stands for any characters. `args` is looked for as a phrase. */
export interface PatternTerm {
  readonly kind: 'pattern';
  readonly key: PatternKey;
  readonly values: readonly string[];
  readonly isNegated: boolean;
}

export type Relation = '>=' | '<=' | '>' | '<' | '=';

export interface FigureTerm {
  readonly kind: 'figure';
  readonly key: FigureKey;
  readonly relation: Relation;
  /** US dollars, a count, or milliseconds. */
  readonly value: number;
  readonly isNegated: boolean;
}

export interface TimeTerm {
  readonly kind: 'time';
  readonly key: TimeKey;
  readonly time: QueryTime;
  readonly isNegated: boolean;
}

/** So long ago, or a day (`2026-11-30`) or minute (`2026-11-30T09:30`) where the reader is. */
export type QueryTime = { readonly agoMs: number } | { readonly date: string };

const statusChoices: readonly RunStatus[] = ['running', 'ok', 'error', 'partial', 'paused', 'unset'];

interface KeyShape {
  readonly takes: 'choice' | 'pattern' | 'money' | 'count' | 'duration' | 'time';
  /** After the key, for who completes it: what it finds. */
  readonly means: string;
  readonly choices?: readonly string[];
}

/** Every key, in the order in which it is offered. */
const shapes = {
  status: { takes: 'choice', means: 'how the run ended', choices: statusChoices },
  model: { takes: 'pattern', means: 'a model that was called' },
  tool: { takes: 'pattern', means: 'a tool that was called' },
  args: { takes: 'pattern', means: 'words in what a tool was given' },
  agent: { takes: 'pattern', means: 'the agent' },
  client: { takes: 'pattern', means: 'the program it ran in' },
  cost: { takes: 'money', means: 'US dollars' },
  tokens: { takes: 'count', means: 'tokens in and out' },
  duration: { takes: 'duration', means: 'how long it took' },
  since: { takes: 'time', means: 'started since' },
  before: { takes: 'time', means: 'started before' },
  has: {
    takes: 'choice',
    means: 'what is in it',
    choices: ['finding', 'error', 'takes', 'note', 'tags', ...findingKinds],
  },
  is: { takes: 'choice', means: 'what it is', choices: ['take', 'pinned'] },
  differs: { takes: 'choice', means: 'a take that went another way than its parent', choices: ['parent'] },
  pinned: { takes: 'choice', means: 'kept, whatever the settings say', choices: ['yes', 'no'] },
  tag: { takes: 'pattern', means: 'a tag of the run' },
  name: { takes: 'pattern', means: 'the name of the run' },
  conversation: { takes: 'pattern', means: 'the conversation' },
  input: { takes: 'count', means: 'tokens in' },
  output: { takes: 'count', means: 'tokens out' },
  steps: { takes: 'count', means: 'number of steps' },
  errors: { takes: 'count', means: 'number of failed steps' },
} as const satisfies Readonly<Record<string, KeyShape>>;

export type QueryKey = keyof typeof shapes;
type KeyOf<Takes extends KeyShape['takes']> = {
  [Key in QueryKey]: (typeof shapes)[Key]['takes'] extends Takes ? Key : never;
}[QueryKey];
export type ChoiceKey = KeyOf<'choice'>;
export type PatternKey = KeyOf<'pattern'>;
export type FigureKey = KeyOf<'money' | 'count' | 'duration'>;
export type TimeKey = KeyOf<'time'>;

export type KeyInfo = { readonly [Key in QueryKey]: KeyShape & { readonly key: Key } }[QueryKey];

export const queryKeyList: readonly KeyInfo[] = Object.entries(shapes).map(
  ([key, shape]) => ({ key, ...shape }) as KeyInfo,
);
const byName = new Map<string, KeyInfo>(queryKeyList.map((info) => [info.key, info]));
/** Other words for a key, read and never written. */
const otherNames = new Map<string, QueryKey>([
  ['last', 'since'],
  ['found', 'has'],
  ['took', 'duration'],
]);

export function keyInfo(name: string): KeyInfo | undefined {
  const lower = name.toLowerCase();
  return byName.get(otherNames.get(lower) ?? lower);
}

/** Other words for a choice, as the window shows them. */
const otherChoices = new Map<string, string>([
  ['failed', 'error'],
  ['completed', 'ok'],
  ['ended', 'unset'],
  ['true', 'yes'],
  ['false', 'no'],
]);

export function choiceOf(choices: readonly string[], word: string): string | undefined {
  const lower = word.toLowerCase();
  const meant = choices.includes(lower) ? lower : otherChoices.get(lower);
  return meant !== undefined && choices.includes(meant) ? meant : undefined;
}

/** A longer query is refused: no reader writes one. */
export const longestQuery = 1_000;

/** When it is, in milliseconds since 1970. */
export function timeOf(time: QueryTime, nowMs: number): number {
  return 'agoMs' in time ? nowMs - time.agoMs : new Date(localDate(time.date)).getTime();
}

/** A day alone would be read as one in Greenwich. */
export const localDate = (date: string): string => (date.includes('T') ? date : `${date}T00:00`);

/** A word of fewer letters begins too many others: what begins with it is not asked for without being asked. */
const shortestBeginning = 3;

/** Texts with a letter or digit. What begins with a bare word is found too where it ends in `*`, or is the last one and long enough. */
export function textsToFind(terms: readonly TextTerm[]): readonly TextToFind[] {
  return terms.flatMap(({ text, isPhrase }, at) => {
    // The text index reads its query up to a NUL.
    const plain = text.replaceAll('\0', ' ');
    if (!/[\p{L}\p{N}]/u.test(plain)) return [];
    const [word = ''] = /[\p{L}\p{N}]+\*?$/u.exec(plain) ?? [];
    const isBeginning =
      !isPhrase && (word.endsWith('*') || (at === terms.length - 1 && word.length >= shortestBeginning));
    return [{ text: plain, isBeginning }];
  });
}

/** The words that are looked for everywhere, those that must not be there left out. */
export function wordsOfQuery({ terms }: Query): readonly TextTerm[] {
  return terms.filter((term): term is TextTerm => term.kind === 'text' && !term.isNegated);
}
