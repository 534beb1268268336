import { findingKinds } from '../../../../shared/model/finding.ts';
import type { FindingKind } from '../../../../shared/model/finding.ts';
import type { RunStatus } from '../../../../shared/model/run.ts';
import type { KnownNames } from '../../../../shared/query/complete-query.ts';
import type { ChoiceKey, FigureKey, PatternKey, QueryTerm } from '../../../../shared/query/query.ts';
import { findingKindWord } from '../../lib/finding-words.ts';
import { formatDuration, formatUsd } from '../../lib/format.ts';
import type { MenuEntry } from '../../ui/menu.tsx';
import { statusWord } from '../../ui/status-mark.tsx';
import { mergeTerms, valuesOf, withValues } from './query-terms.ts';

const statuses: readonly RunStatus[] = ['running', 'ok', 'error', 'partial', 'paused', 'unset'];
const costs = [0.001, 0.01, 0.1, 1, 10];
const durations = [1_000, 10_000, 60_000, 300_000, 1_800_000];
const hours = [1, 6, 24, 7 * 24, 30 * 24];
/** More than fit in a menu are typed: `agent:name`. */
const mostListed = 60;

/** A value of a key as the window says it elsewhere. */
export function valueWord(key: string, value: string): string {
  if (key === 'status') {
    const status = statuses.find((one) => one === value);
    return status === undefined ? value : statusWord(status);
  }
  const finding = key === 'has' ? findingKinds.find((kind): kind is FindingKind => kind === value) : undefined;
  return finding === undefined ? value : findingKindWord(finding);
}

export interface FilterSubmenu {
  readonly type: 'submenu';
  /** The key that its entries choose for. */
  readonly id: string;
  readonly label: string;
  readonly entries: readonly MenuEntry[];
}

/** The menu that makes terms of a query without typing. */
export function filterEntries(
  terms: readonly QueryTerm[],
  change: (terms: readonly QueryTerm[]) => void,
  names: KnownNames,
): readonly FilterSubmenu[] {
  const toggles = (key: ChoiceKey | PatternKey, kind: 'choice' | 'pattern', values: readonly string[]): MenuEntry[] => {
    const chosen = valuesOf(terms, key);
    return values.map((value) => ({
      type: 'switch',
      id: value,
      label: valueWord(key, value),
      on: chosen.includes(value),
      set: (on) => {
        const rest = chosen.filter((one) => one !== value);
        change(withValues(terms, key, on ? [...rest, value] : rest, kind));
      },
    }));
  };
  const named = (key: PatternKey, label: string): FilterSubmenu => {
    const all = [...new Set([...valuesOf(terms, key), ...(names[key] ?? [])])];
    const entries = toggles(key, 'pattern', all.slice(0, mostListed));
    if (all.length === 0) entries.push({ type: 'heading', id: 'none', label: 'None in this library yet' });
    if (all.length > mostListed)
      entries.push({ type: 'heading', id: 'more', label: `${all.length - mostListed} more: type ${key}:name` });
    return { type: 'submenu', id: key, label, entries };
  };
  const figures = (key: FigureKey, label: string, values: readonly number[], word: (value: number) => string) => ({
    type: 'submenu' as const,
    id: key,
    label,
    entries: oneOf(
      terms,
      change,
      values.map((value) => ({
        label: word(value),
        term: { kind: 'figure', key, relation: '>=', value, isNegated: false },
      })),
    ),
  });
  return [
    { type: 'submenu', id: 'status', label: 'Status', entries: toggles('status', 'choice', statuses) },
    named('agent', 'Agent'),
    named('model', 'Model'),
    named('tool', 'Tool'),
    named('client', 'Client'),
    named('tag', 'Tag'),
    { type: 'submenu', id: 'has', label: 'Found in it', entries: toggles('has', 'choice', findingKinds) },
    { type: 'submenu', id: 'is', label: 'It is', entries: toggles('is', 'choice', ['take', 'pinned']) },
    figures('cost', 'Cost at least', costs, formatUsd),
    figures('duration', 'At least as long as', durations, formatDuration),
    {
      type: 'submenu',
      id: 'since',
      label: 'Started within',
      entries: oneOf(
        terms,
        change,
        hours.map((count) => ({
          label: count >= 48 ? `${count / 24} days` : `${count} h`,
          term: { kind: 'time', key: 'since', time: { agoMs: count * 3_600_000 }, isNegated: false },
        })),
      ),
    },
  ];
}

function oneOf(
  terms: readonly QueryTerm[],
  change: (terms: readonly QueryTerm[]) => void,
  choices: readonly { readonly label: string; readonly term: QueryTerm }[],
): MenuEntry[] {
  const same = (left: QueryTerm, right: QueryTerm): boolean => JSON.stringify(left) === JSON.stringify(right);
  return choices.map(({ label, term }) => ({
    type: 'switch',
    id: label,
    label,
    on: terms.some((other) => same(other, term)),
    set: (on) => change(on ? mergeTerms(terms, [term]) : terms.filter((other) => !same(other, term))),
  }));
}
