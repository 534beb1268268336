import { partsOf, valueText } from './parse-query.ts';
import type { QueryPart, QuerySpan } from './parse-query.ts';
import { keyInfo, queryKeyList } from './query.ts';
import type { KeyInfo, QueryKey } from './query.ts';

/** Names that occur in the library, by the key that asks for them. */
export type KnownNames = Readonly<Partial<Record<QueryKey, readonly string[]>>>;

export interface QueryCompletion {
  /** What takes the place of [start, end). */
  readonly text: string;
  readonly label: string;
  readonly hint: string | undefined;
  /** A value follows at once. */
  readonly goesOn: boolean;
}

export interface QueryCompletions extends QuerySpan {
  readonly items: readonly QueryCompletion[];
}

const mostOffered = 12;
const amounts: Readonly<Record<'money' | 'count' | 'duration' | 'time', readonly string[]>> = {
  money: ['0.01', '0.10', '1', '10'],
  count: ['10', '1000', '10k', '100k', '1M'],
  duration: ['1s', '10s', '1m', '5m', '30m'],
  time: ['1h', '24h', '7d', '30d'],
};

/** What can stand at the cursor: keys that begin like the word before it, or values of its key. */
export function completeQuery(source: string, cursor: number, known: KnownNames): QueryCompletions {
  const part = partsOf(source.slice(0, cursor)).at(-1);
  if (part === undefined || part.end < cursor || endsClosed(part)) return keysAt(source, cursor, cursor, '');
  if (part.key === undefined) {
    const [word] = part.values;
    const nothing = { start: cursor, end: cursor, items: [] };
    return word === undefined || word.isQuoted ? nothing : keysAt(source, part.valueStart, cursor, word.text);
  }
  const info = keyInfo(part.key);
  return info === undefined ? { start: cursor, end: cursor, items: [] } : valuesAt(info, part, cursor, known);
}

const endsClosed = ({ values, end }: QueryPart): boolean => {
  const last = values.at(-1);
  return last !== undefined && last.isQuoted && last.end === end && last.end - last.start > last.text.length + 1;
};

function keysAt(source: string, start: number, end: number, typed: string): QueryCompletions {
  const lower = typed.toLowerCase();
  const items = queryKeyList
    .filter(({ key }) => key.startsWith(lower) && key !== lower)
    .map((info) => {
      const text = `${info.key}${isFigure(info) ? '>' : ':'}`;
      return { text, label: text, hint: info.means, goesOn: true };
    });
  return { start, end: Math.max(end, start), items: source === '' ? items.slice(0, mostOffered) : items };
}

const isFigure = ({ takes }: KeyInfo): boolean => takes === 'money' || takes === 'count' || takes === 'duration';

function valuesAt(info: KeyInfo, part: QueryPart, cursor: number, known: KnownNames): QueryCompletions {
  const last = part.values.at(-1);
  const isOpen = last !== undefined && last.end === cursor;
  const start = isOpen ? last.start : cursor;
  const typed = isOpen ? last.text.toLowerCase() : '';
  const others = new Set(part.values.filter((value) => value !== last || !isOpen).map(({ text }) => text));
  const items = offered(info, known)
    .filter((value) => value.toLowerCase().includes(typed) && value.toLowerCase() !== typed && !others.has(value))
    .toSorted(
      (left, right) => Number(right.toLowerCase().startsWith(typed)) - Number(left.toLowerCase().startsWith(typed)),
    )
    .slice(0, mostOffered)
    .map((value) => ({ text: valueText(value), label: value, hint: undefined, goesOn: false }));
  return { start, end: cursor, items };
}

function offered(info: KeyInfo, known: KnownNames): readonly string[] {
  switch (info.takes) {
    case 'choice':
      return info.choices ?? [];
    case 'pattern':
      return known[info.key] ?? [];
    default:
      return amounts[info.takes];
  }
}
