import type { RunFilter } from '../../../../shared/location.ts';
import { findingKinds } from '../../../../shared/model/finding.ts';
import { statusWord } from '../../ui/status-mark.tsx';

/**
 * The filter as one line of text, so that chips and typing mean the same:
 * `status:failed,partial agent:swe-agent model:gpt-5.1 cost>0.01 duration>30s last:24h found:repeat conversation:abc free words`.
 * Values with spaces or commas are quoted: `agent:"my agent"`.
 */
export type Status = NonNullable<RunFilter['status']>[number];
export const statuses: readonly Status[] = ['running', 'ok', 'error', 'partial', 'paused', 'unset'];

const statusByWord = new Map<string, Status>(
  statuses.flatMap((status) => [[status, status] as const, [statusWord(status), status] as const]),
);
const unitMs = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const unitHours = new Map([
  ['h', 1],
  ['d', 24],
  ['w', 168],
]);

export interface ParsedQuery {
  /** What the recognised words ask for; `text` holds the free words. */
  readonly filter: RunFilter;
  /** True when at least one `key:value` was recognised. */
  readonly hasFields: boolean;
}

type Draft = { -readonly [Key in keyof RunFilter]: RunFilter[Key] };

/** What cannot be read as a field stays a free word: nothing typed is lost. */
export function parseQuery(query: string): ParsedQuery {
  const filter: Draft = {};
  const words: string[] = [];
  let hasFields = false;
  for (const token of query.match(/[^\s"]*"[^"]*"\S*|\S+/g) ?? []) {
    if (readField(token, filter)) hasFields = true;
    else words.push(token);
  }
  const text = words.join(' ');
  return { filter: text === '' ? filter : { ...filter, text }, hasFields };
}

function readField(token: string, filter: Draft): boolean {
  const match = /^(status|agent|model|cost|duration|last|found|conversation)([:>])(.+)$/i.exec(token);
  if (match === null) return false;
  const [, rawKey = '', operator, value = ''] = match;
  const key = rawKey.toLowerCase();
  if ((operator === '>') !== (key === 'cost' || key === 'duration')) return false;
  switch (key) {
    case 'status': {
      const read = listOf(value).map((word) => statusByWord.get(word.toLowerCase()));
      const known = read.filter((status) => status !== undefined);
      if (known.length !== read.length) return false;
      filter.status = unique([...(filter.status ?? []), ...known]);
      return true;
    }
    case 'agent':
      filter.agents = unique([...(filter.agents ?? []), ...listOf(value)]);
      return true;
    case 'model':
      filter.models = unique([...(filter.models ?? []), ...listOf(value)]);
      return true;
    case 'cost': {
      const usd = Number(value.replace(/^\$/, ''));
      if (!Number.isFinite(usd) || usd < 0) return false;
      filter.minCostUsd = usd;
      return true;
    }
    case 'duration': {
      const milliseconds = readQuantity(value, unitMs, 's');
      if (milliseconds === undefined) return false;
      filter.minDurationMs = milliseconds;
      return true;
    }
    case 'last': {
      const hours = readQuantity(value, unitHours, 'h');
      if (hours === undefined || hours <= 0) return false;
      filter.withinHours = hours;
      return true;
    }
    case 'found': {
      const read = listOf(value).map((word) => findingKinds.find((kind) => kind === word.toLowerCase()));
      const known = read.filter((kind) => kind !== undefined);
      if (known.length !== read.length) return false;
      filter.findings = unique([...(filter.findings ?? []), ...known]);
      return true;
    }
    case 'conversation':
      filter.conversationId = unquote(value);
      return true;
    default:
      return false;
  }
}

export function formatQuery(filter: RunFilter): string {
  const parts: string[] = [];
  if (filter.status !== undefined) parts.push(`status:${filter.status.map(statusWord).join(',')}`);
  if (filter.agents !== undefined) parts.push(`agent:${filter.agents.map(quote).join(',')}`);
  if (filter.models !== undefined) parts.push(`model:${filter.models.map(quote).join(',')}`);
  if (filter.minCostUsd !== undefined) parts.push(`cost>${filter.minCostUsd}`);
  if (filter.minDurationMs !== undefined) parts.push(`duration>${filter.minDurationMs}ms`);
  if (filter.withinHours !== undefined) parts.push(`last:${filter.withinHours}h`);
  if (filter.findings !== undefined) parts.push(`found:${filter.findings.join(',')}`);
  if (filter.conversationId !== undefined) parts.push(`conversation:${quote(filter.conversationId)}`);
  if (filter.text !== undefined) parts.push(filter.text);
  return parts.join(' ');
}

/** Fields of the query over the filter: lists are joined, figures replaced, free words taken from the query. */
export function mergeFilters(filter: RunFilter, query: RunFilter): RunFilter {
  return cleanFilter({
    ...filter,
    ...query,
    status: unique([...(filter.status ?? []), ...(query.status ?? [])]),
    agents: unique([...(filter.agents ?? []), ...(query.agents ?? [])]),
    models: unique([...(filter.models ?? []), ...(query.models ?? [])]),
    findings: unique([...(filter.findings ?? []), ...(query.findings ?? [])]),
    text: query.text,
  });
}

/** Empty lists and texts are no conditions: without them equal filters are equal, also in the address bar. */
export function cleanFilter(filter: RunFilter): RunFilter {
  return Object.fromEntries(
    Object.entries(filter).filter(
      ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

export function isEmptyFilter(filter: RunFilter): boolean {
  return Object.keys(cleanFilter(filter)).length === 0;
}

function listOf(value: string): readonly string[] {
  return (value.match(/"[^"]*"|[^,]+/g) ?? []).map(unquote).filter((one) => one !== '');
}

function unquote(value: string): string {
  return value.replace(/^"(.*)"$/, '$1');
}

/** A quote inside a value cannot be written; it is dropped, and the chip keeps the exact value. */
function quote(value: string): string {
  return /[\s,"]/.test(value) ? `"${value.replaceAll('"', '')}"` : value;
}

function readQuantity(value: string, units: ReadonlyMap<string, number>, defaultUnit: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(value);
  const factor = units.get((match?.[2] ?? '').toLowerCase() || defaultUnit);
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
