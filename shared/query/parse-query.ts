import { nearestWord } from './nearest-word.ts';
import { choiceOf, keyInfo, localDate, longestQuery, queryKeyList } from './query.ts';
import type {
  ChoiceKey,
  FigureKey,
  KeyInfo,
  PatternKey,
  Query,
  QueryTerm,
  QueryTime,
  Relation,
  TimeKey,
} from './query.ts';

/** Where something stands in what was typed, in UTF-16 units. */
export interface QuerySpan {
  readonly start: number;
  readonly end: number;
}

/** Why a part of a query says nothing; `nearest` is the right text for the whole part, where one is near. */
export type QueryProblem = QuerySpan & { readonly nearest?: string } & (
    | { readonly kind: 'unknown-key'; readonly key: string }
    | {
        readonly kind: 'unknown-value';
        readonly key: string;
        readonly value: string;
        readonly choices: readonly string[];
      }
    | { readonly kind: 'wrong-relation'; readonly key: string; readonly relation: string; readonly wants: string }
    | { readonly kind: 'bad-value'; readonly key: string; readonly value: string; readonly wants: string }
    | { readonly kind: 'no-value'; readonly key: string; readonly wants: string }
    | { readonly kind: 'nothing-to-find'; readonly text: string }
    | { readonly kind: 'too-long'; readonly longest: number }
  );

/** One per term and in the order of the terms where the query is whole. */
export interface QueryToken extends QuerySpan {
  readonly looks: 'field' | 'text' | 'wrong';
}

export type ParsedQuery =
  | { readonly ok: true; readonly query: Query; readonly tokens: readonly QueryToken[] }
  | { readonly ok: false; readonly problems: readonly QueryProblem[]; readonly tokens: readonly QueryToken[] };

/** Reads a query. Anything can be typed: what says nothing is said with its place, and never passed over. */
export function parseQuery(source: string): ParsedQuery {
  if (source.length > longestQuery) {
    const end = source.length;
    return {
      ok: false,
      problems: [{ kind: 'too-long', longest: longestQuery, start: longestQuery, end }],
      tokens: [{ start: 0, end, looks: 'wrong' }],
    };
  }
  const terms: QueryTerm[] = [];
  const problems: QueryProblem[] = [];
  const tokens: QueryToken[] = [];
  for (const part of withSigns(partsOf(source))) {
    const read = readPart(part);
    const span = { start: part.start, end: part.end };
    if ('problem' in read) {
      problems.push({ ...read.problem, ...span });
      tokens.push({ ...span, looks: 'wrong' });
    } else {
      terms.push(read.term);
      tokens.push({ ...span, looks: read.term.kind === 'text' ? 'text' : 'field' });
    }
  }
  return problems.length > 0 ? { ok: false, problems, tokens } : { ok: true, query: { terms }, tokens };
}

/**
 * A sign alone beside words (`timeout - retry`) belongs to them, and finds nothing of its own: words are found whatever stands between
 * them. Where there is no word beside it, it stays by itself: that nothing can be found is said.
 */
function withSigns(parts: readonly QueryPart[]): readonly QueryPart[] {
  const joined: QueryPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last !== undefined && isSign(part) && (isSign(last) || isWord(last)))
      joined[joined.length - 1] = { ...last, end: part.end };
    else if (last !== undefined && isSign(last) && isWord(part))
      joined[joined.length - 1] = { ...part, start: last.start };
    else joined.push(part);
  }
  return joined;
}

const hasWord = /[\p{L}\p{N}]/u;
const isWord = ({ key, values }: QueryPart): boolean => key === undefined && hasWord.test(values[0]?.text ?? '');
const isSign = (part: QueryPart): boolean =>
  part.key === undefined && part.values[0]?.isQuoted === false && !isWord(part);

export interface QueryPart extends QuerySpan {
  readonly isNegated: boolean;
  /** Before the relation; absent for words. */
  readonly key: string | undefined;
  readonly relation: string | undefined;
  /** Where the values, or the words, begin. */
  readonly valueStart: number;
  readonly values: readonly PartValue[];
}

export interface PartValue extends QuerySpan {
  readonly text: string;
  readonly isQuoted: boolean;
}

const isSpace = (character: string | undefined): boolean => character === undefined || /\s/.test(character);
const keyAndRelation = /([a-z][a-z-]*)(:|>=|<=|>|<|=)/iy;

/** What stands between blanks, quoted texts whole. One pass over the text. */
export function partsOf(source: string): readonly QueryPart[] {
  const parts: QueryPart[] = [];
  let at = 0;
  while (at < source.length) {
    if (isSpace(source[at])) at++;
    else {
      const part = partAt(source, at);
      parts.push(part);
      at = part.end;
    }
  }
  return parts;
}

function partAt(source: string, start: number): QueryPart {
  // `--verbose` and a dash alone are words.
  const isNegated = source[start] === '-' && /[\p{L}\p{N}"]/u.test(characterAt(source, start + 1));
  const from = isNegated ? start + 1 : start;
  keyAndRelation.lastIndex = from;
  const [whole, key, relation] = keyAndRelation.exec(source) ?? [];
  if (whole !== undefined && key !== undefined && relation !== undefined) {
    const valueStart = from + whole.length;
    if (isField(key, relation, source, valueStart)) {
      const { values, end } = listAt(source, valueStart);
      return { start, end, isNegated, key, relation, valueStart, values };
    }
  }
  const value = source[from] === '"' ? quotedAt(source, from) : bareAt(source, from, false);
  return {
    start,
    end: value.end,
    isNegated,
    key: undefined,
    relation: undefined,
    valueStart: from,
    values: [value],
  };
}

const characterAt = (source: string, at: number): string => String.fromCodePoint(source.codePointAt(at) ?? 32);

/** `https://…`, `std::vector`, `Error: …` and `a=b` are words, though they look like fields. */
function isField(key: string, relation: string, source: string, valueStart: number): boolean {
  if (keyInfo(key) !== undefined) return true;
  const next = source[valueStart];
  if (isSpace(next)) return false;
  if (relation === ':') return next !== '/' && next !== ':' && next !== '\\';
  return /[\d$]/.test(next ?? '');
}

function listAt(source: string, start: number): { readonly values: readonly PartValue[]; readonly end: number } {
  const values: PartValue[] = [];
  let at = start;
  while (!isSpace(source[at])) {
    if (source[at] === ',') {
      at++;
      continue;
    }
    const value = source[at] === '"' ? quotedAt(source, at) : bareAt(source, at, true);
    values.push(value);
    at = value.end;
  }
  return { values, end: at };
}

function bareAt(source: string, start: number, inList: boolean): PartValue {
  let end = start;
  while (!isSpace(source[end]) && source[end] !== '"' && !(inList && source[end] === ',')) end++;
  // A quote in the middle of a word begins the next one.
  return { text: source.slice(start, Math.max(end, start + 1)), isQuoted: false, start, end: Math.max(end, start + 1) };
}

/** `\"` is a quote in it, `\\` a backslash. One that is not closed goes to the end. */
function quotedAt(source: string, start: number): PartValue {
  let text = '';
  let at = start + 1;
  let from = at;
  for (; at < source.length && source[at] !== '"'; at++) {
    if (source[at] !== '\\' || (source[at + 1] !== '"' && source[at + 1] !== '\\')) continue;
    text += source.slice(from, at);
    from = ++at;
  }
  text += source.slice(from, at);
  return { text, isQuoted: true, start, end: Math.min(at + 1, source.length) };
}

type ProblemOf<Problem> = Problem extends QueryProblem ? Omit<Problem, 'start' | 'end'> : never;
type Problem = ProblemOf<QueryProblem>;
type Read = { readonly term: QueryTerm } | { readonly problem: Problem };

function readPart(part: QueryPart): Read {
  const { key, relation, isNegated, values } = part;
  if (key === undefined || relation === undefined) {
    const [word] = values;
    const text = word?.text ?? '';
    if (!hasWord.test(text)) return { problem: { kind: 'nothing-to-find', text } };
    return { term: { kind: 'text', text, isPhrase: word?.isQuoted === true, isNegated } };
  }
  const info = keyInfo(key);
  if (info === undefined) {
    const near = nearestWord(
      key.toLowerCase(),
      queryKeyList.map((known) => known.key),
    );
    const sign = isNegated ? '-' : '';
    const nearest = near === undefined ? {} : { nearest: `${sign}${near}${relation}${valuesText(values)}` };
    return { problem: { kind: 'unknown-key', key, ...nearest } };
  }
  return readField(info, relation, values, isNegated);
}

function readField(info: KeyInfo, relation: string, values: readonly PartValue[], isNegated: boolean): Read {
  const { key, takes } = info;
  const sign = isNegated ? '-' : '';
  const figures = takes === 'money' || takes === 'count' || takes === 'duration';
  const wants = wantsOf(info);
  const first = values.find(({ text }) => text.trim() !== '');
  if (first === undefined) return { problem: { kind: 'no-value', key, wants } };
  if (figures === (relation === ':'))
    return {
      problem: {
        kind: 'wrong-relation',
        key,
        relation,
        wants,
        nearest: `${sign}${key}${figures ? '>' : ':'}${valuesText(values)}`,
      },
    };
  if (figures || takes === 'time') {
    if (values.length > 1) return { problem: { kind: 'bad-value', key, value: valuesText(values), wants } };
    if (takes === 'time') {
      const time = readTime(first.text);
      if (time === undefined) return { problem: { kind: 'bad-value', key, value: first.text, wants } };
      return { term: { kind: 'time', key: key as TimeKey, time, isNegated } };
    }
    const value = readFigure(takes, first.text);
    if (value === undefined) return { problem: { kind: 'bad-value', key, value: first.text, wants } };
    return { term: { kind: 'figure', key: key as FigureKey, relation: relation as Relation, value, isNegated } };
  }
  const texts = unique(values.map(({ text }) => text).filter((text) => text.trim() !== ''));
  if (takes === 'pattern') {
    const empty = key === 'args' ? texts.find((text) => !/[\p{L}\p{N}]/u.test(text)) : undefined;
    if (empty !== undefined) return { problem: { kind: 'nothing-to-find', text: empty } };
    return { term: { kind: 'pattern', key: key as PatternKey, values: texts, isNegated } };
  }
  const choices = info.choices ?? [];
  const chosen: string[] = [];
  for (const text of texts) {
    const choice = choiceOf(choices, text);
    if (choice === undefined) {
      const near = nearestWord(text.toLowerCase(), choices);
      const nearest = near === undefined ? {} : { nearest: `${sign}${key}:${replaced(texts, text, near).join(',')}` };
      return { problem: { kind: 'unknown-value', key, value: text, choices, ...nearest } };
    }
    chosen.push(choice);
  }
  return { term: { kind: 'choice', key: key as ChoiceKey, values: unique(chosen), isNegated } };
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
const replaced = (texts: readonly string[], old: string, next: string): string[] =>
  texts.map((text) => (text === old ? next : text));

/** As it is written in a query: quoted where it must be. */
export function valueText(text: string): string {
  if (/^[^\s",]+$/.test(text)) return text;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

const valuesText = (values: readonly PartValue[]): string => values.map(({ text }) => valueText(text)).join(',');

function wantsOf(info: KeyInfo): string {
  switch (info.takes) {
    case 'choice':
      return `${info.key}:${info.choices?.[0] ?? ''}`;
    case 'pattern':
      return info.key === 'args' ? 'args:"npm test"' : `${info.key}:name, or the beginning of one: ${info.key}:na*`;
    case 'money':
      return `${info.key}>0.10`;
    case 'count':
      return `${info.key}>${info.key === 'steps' || info.key === 'errors' ? '10' : '10k'}`;
    case 'duration':
      return `${info.key}>30s`;
    case 'time':
      return `${info.key}:7d or ${info.key}:2026-11-30`;
    default:
      return info.takes satisfies never;
  }
}

const number = /^(\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?)([a-z]*)$/i;
const countUnits = new Map([
  ['', 1],
  ['k', 1e3],
  ['m', 1e6],
  ['b', 1e9],
]);
const timeUnits = new Map([
  ['ms', 1],
  ['', 1_000],
  ['s', 1_000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);

function readFigure(takes: 'money' | 'count' | 'duration', text: string): number | undefined {
  if (takes === 'money') {
    const [, digits, unit] = number.exec(text.replace(/^\$/, '')) ?? [];
    return unit === '' ? finite(Number(digits)) : undefined;
  }
  const value = quantity(text, takes === 'count' ? countUnits : timeUnits);
  return value === undefined ? undefined : Math.round(value);
}

function quantity(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const [, digits, unit = ''] = number.exec(text) ?? [];
  const factor = units.get(unit.toLowerCase());
  return digits === undefined || factor === undefined ? undefined : finite(Number(digits) * factor);
}

const finite = (value: number): number | undefined => (value <= Number.MAX_SAFE_INTEGER ? value : undefined);

function readTime(text: string): QueryTime | undefined {
  if (/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?)?$/.test(text)) {
    const read = new Date(`${localDate(text)}Z`);
    // The 31st of February would be one of March.
    const isThere = !Number.isNaN(read.getTime()) && read.toISOString().startsWith(text.slice(0, 10));
    return isThere ? { date: text } : undefined;
  }
  if (!/[a-z]$/i.test(text)) return undefined;
  const agoMs = quantity(text, timeUnits);
  return agoMs === undefined ? undefined : { agoMs: Math.round(agoMs) };
}
