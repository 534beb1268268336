import { valueText } from './parse-query.ts';
import type { Query, QueryTerm } from './query.ts';

/** The query as it is typed: read again, it is the same one. */
export function printQuery({ terms }: Query): string {
  return terms.map(printTerm).join(' ');
}

export function printTerm(term: QueryTerm): string {
  return `${term.isNegated ? '-' : ''}${positiveText(term)}`;
}

function positiveText(term: QueryTerm): string {
  switch (term.kind) {
    case 'text':
      return term.isPhrase ? quoted(term.text) : term.text;
    case 'choice':
    case 'pattern':
      return `${term.key}:${term.values.map(valueText).join(',')}`;
    case 'figure':
      return `${term.key}${term.relation}${term.key === 'duration' ? durationText(term.value) : String(term.value)}`;
    case 'time':
      return `${term.key}:${'agoMs' in term.time ? durationText(term.time.agoMs) : term.time.date}`;
    default:
      return term satisfies never;
  }
}

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** In the largest unit that says it exactly. */
function durationText(ms: number): string {
  const unit = ms === 0 ? undefined : units.find(([, factor]) => ms % factor === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
