import type { RunFilter } from '../../../../shared/location.ts';
import { parseQuery } from '../../../../shared/query/parse-query.ts';
import { printQuery } from '../../../../shared/query/print-query.ts';
import type {
  ChoiceKey,
  ChoiceTerm,
  FigureKey,
  PatternKey,
  PatternTerm,
  QueryTerm,
  TextTerm,
} from '../../../../shared/query/query.ts';
import { formatDuration, formatUsd, formatTokens } from '../../lib/format.ts';

/** A term that is no words: it is shown as a chip. */
export type FieldTerm = Exclude<QueryTerm, TextTerm>;

const isField = (term: QueryTerm): term is FieldTerm => term.kind !== 'text';

/** What a filter asks for as terms of a query, whether it was written as one or not; undefined where its text is no query. */
export function termsOf(filter: RunFilter): readonly QueryTerm[] | undefined {
  const parsed = parseQuery(filter.text ?? '');
  if (!parsed.ok) return undefined;
  return mergeTerms(namedTerms(filter), parsed.query.terms);
}

/** The fields of a filter besides its text, as links of before and menus have them. */
function namedTerms(filter: RunFilter): readonly QueryTerm[] {
  const terms: QueryTerm[] = [];
  const choice = (key: ChoiceKey, values: readonly string[] | undefined) => {
    if (values !== undefined && values.length > 0) terms.push({ kind: 'choice', key, values, isNegated: false });
  };
  const pattern = (key: PatternKey, values: readonly string[] | undefined) => {
    if (values !== undefined && values.length > 0) terms.push({ kind: 'pattern', key, values, isNegated: false });
  };
  const atLeast = (key: FigureKey, value: number | undefined) => {
    if (value !== undefined) terms.push({ kind: 'figure', key, relation: '>=', value, isNegated: false });
  };
  choice('status', filter.status);
  pattern('agent', filter.agents);
  pattern('model', filter.models);
  pattern('tag', filter.tags);
  choice('has', filter.findings);
  if (filter.pinned !== undefined) choice('pinned', [filter.pinned ? 'yes' : 'no']);
  atLeast('cost', filter.minCostUsd);
  atLeast('duration', filter.minDurationMs);
  if (filter.withinHours !== undefined)
    terms.push({
      kind: 'time',
      key: 'since',
      time: { agoMs: Math.round(filter.withinHours * 3_600_000) },
      isNegated: false,
    });
  if (filter.conversationId !== undefined) pattern('conversation', [filter.conversationId]);
  return terms;
}

/** The filter that asks for these terms; none is no filter, so that equal filters are equal. */
export function filterOf(terms: readonly QueryTerm[]): RunFilter {
  return terms.length === 0 ? {} : { text: printQuery({ terms: [...terms.filter(isField), ...wordsIn(terms)] }) };
}

/** True where it asks for nothing: empty lists and texts are no conditions. */
export const isEmptyFilter = (filter: RunFilter): boolean => termsOf(filter)?.length === 0;

export const fieldsIn = (terms: readonly QueryTerm[]): readonly FieldTerm[] => terms.filter(isField);
export const wordsIn = (terms: readonly QueryTerm[]): readonly QueryTerm[] => terms.filter((term) => !isField(term));

/** Added to those that are there: names are joined, a figure or a time takes the place of the one of its kind. */
export function mergeTerms(terms: readonly QueryTerm[], added: readonly QueryTerm[]): readonly QueryTerm[] {
  let result: readonly QueryTerm[] = terms;
  for (const term of added) {
    const at = result.findIndex((other) => isSameField(other, term));
    const other = result[at];
    result = other === undefined ? [...result, term] : result.with(at, joined(other, term));
  }
  return result;
}

function isSameField(left: QueryTerm, right: QueryTerm): boolean {
  if (left.kind === 'text' || right.kind === 'text') return false;
  if (left.key !== right.key || left.isNegated !== right.isNegated) return false;
  return left.kind !== 'figure' || right.kind !== 'figure' || left.relation[0] === right.relation[0];
}

function joined(left: QueryTerm, right: QueryTerm): QueryTerm {
  if (left.kind === 'choice' && right.kind === 'choice')
    return { ...right, values: [...new Set([...left.values, ...right.values])] };
  if (left.kind === 'pattern' && right.kind === 'pattern')
    return { ...right, values: [...new Set([...left.values, ...right.values])] };
  return right;
}

/** Names that are asked for, without those that must not be. */
export function valuesOf(terms: readonly QueryTerm[], key: ChoiceKey | PatternKey): readonly string[] {
  return terms.flatMap((term) =>
    (term.kind === 'choice' || term.kind === 'pattern') && term.key === key && !term.isNegated ? term.values : [],
  );
}

/** The same with other names asked for; none takes the term away. */
export function withValues(
  terms: readonly QueryTerm[],
  key: ChoiceKey | PatternKey,
  values: readonly string[],
  kind: 'choice' | 'pattern',
): readonly QueryTerm[] {
  const isIt = (term: QueryTerm): boolean =>
    (term.kind === 'choice' || term.kind === 'pattern') && term.key === key && !term.isNegated;
  if (values.length === 0) return terms.filter((term) => !isIt(term));
  const next =
    kind === 'choice'
      ? ({ kind, key: key as ChoiceKey, values, isNegated: false } satisfies ChoiceTerm)
      : ({ kind, key: key as PatternKey, values, isNegated: false } satisfies PatternTerm);
  const at = terms.findIndex(isIt);
  return at < 0 ? [...terms, next] : terms.filter((term, place) => place === at || !isIt(term)).with(at, next);
}

const listed = 2;

export interface TermWords {
  readonly name: string;
  readonly relation: string;
  readonly value: string;
}

/** A term as a chip says it. */
export function termWords(term: FieldTerm, valueWord: (key: string, value: string) => string): TermWords {
  const not = term.isNegated ? 'not ' : '';
  switch (term.kind) {
    case 'choice':
    case 'pattern': {
      const values = term.values.map((value) => valueWord(term.key, value));
      const more = values.length - listed;
      return {
        name: term.key === 'has' ? 'found' : term.key,
        relation: `${not}${values.length === 1 ? 'is' : 'in'}`,
        value: `${values.slice(0, listed).join(', ')}${more > 0 ? ` +${more}` : ''}`,
      };
    }
    case 'figure':
      return { name: term.key, relation: `${not}${term.relation}`, value: figureWord(term.key, term.value) };
    case 'time':
      return {
        name: 'started',
        relation: `${not}${term.key === 'since' ? ('agoMs' in term.time ? 'within' : 'since') : 'before'}`,
        value: 'agoMs' in term.time ? agoWord(term.time.agoMs) : term.time.date,
      };
    default:
      return term satisfies never;
  }
}

function figureWord(key: FigureKey, value: number): string {
  if (key === 'cost') return formatUsd(value);
  if (key === 'duration') return formatDuration(value);
  return formatTokens(value);
}

function agoWord(ms: number): string {
  const hours = ms / 3_600_000;
  return hours >= 48 && hours % 24 === 0 ? `${hours / 24} days` : hours >= 1 ? `${hours} h` : formatDuration(ms);
}
