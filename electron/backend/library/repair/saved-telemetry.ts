import { wordsOf } from '../../../../shared/words-of.ts';
import type { RawAttribute, RawLog, RawSpan, RawValue } from '../../telemetry/raw-span.ts';
import type { ReadableDatabase } from '../database.ts';
import type { LibraryReader } from '../reader.ts';
import { rowsPastDamage } from './rows-past-damage.ts';

/** Telemetry of a library that may be damaged, one by one: what can be read, and what cannot with what it belonged to. */
export type SavedItem =
  | { readonly kind: 'span'; readonly run: SavedRun; readonly span: RawSpan; readonly lostValues: number }
  | { readonly kind: 'log'; readonly run: SavedRun | undefined; readonly log: RawLog; readonly lostValues: number }
  | { readonly kind: 'lost span'; readonly run: SavedRun; readonly words: string }
  | { readonly kind: 'lost log'; readonly run: SavedRun | undefined; readonly words: string }
  /** Rows that could not be looked at; how many they were is not known. */
  | { readonly kind: 'stretch'; readonly table: string; readonly words: string };

/** A run by its row; of one whose row is gone only the number is known. */
export interface SavedRun {
  readonly id: number;
  readonly runId: string | undefined;
  readonly name: string;
}

/** Spans run by run in order of arrival, then logs. A value that cannot be read is left out of its span, which counts it as dropped. */
export function* savedTelemetry({ database, telemetry }: LibraryReader): Generator<SavedItem, void, void> {
  const stretches: SavedItem[] = [];
  const passedOver = (table: string) => (error: Error) =>
    void stretches.push({ kind: 'stretch', table, words: wordsOf(error) });
  const runs = savedRuns(database, passedOver('run'));
  const last = lastRun(database, runs);
  for (let id = 1; id <= last; id++) {
    const run = runs.get(id) ?? { id, runId: undefined, name: '' };
    const rows = rowsPastDamage<SpanRow>(
      database,
      { table: 'span', columns: 'span_id, payload', key: 'seq', where: { text: 'run = ?', value: id } },
      passedOver('span'),
    );
    for (const { span_id: spanId, payload } of rows) {
      try {
        const span = telemetry.glanceAt(payload, spanId);
        yield { kind: 'span', run, ...withoutLostValues(span) };
      } catch (error) {
        yield { kind: 'lost span', run, words: wordsOf(error) };
      }
    }
  }
  const logs = rowsPastDamage<LogRow>(
    database,
    { table: 'log', columns: 'run, payload', key: 'id' },
    passedOver('log'),
  );
  for (const { run: id, payload } of logs) {
    const run = id === null ? undefined : (runs.get(id) ?? { id, runId: undefined, name: '' });
    try {
      yield { kind: 'log', run, log: telemetry.logAt(payload), lostValues: 0 };
    } catch (error) {
      yield { kind: 'lost log', run, words: wordsOf(error) };
    }
  }
  yield* stretches;
}

interface SpanRow {
  readonly span_id: Buffer;
  readonly payload: number;
}

interface LogRow {
  readonly run: number | null;
  readonly payload: number;
}

/** By number. */
export function savedRuns(database: ReadableDatabase, damaged: (error: Error) => void): ReadonlyMap<number, SavedRun> {
  const rows = rowsPastDamage<{ readonly run_id: string; readonly name: string }>(
    database,
    { table: 'run', columns: 'run_id, name', key: 'id' },
    damaged,
  );
  const runs = new Map<number, SavedRun>();
  for (const { place, run_id: runId, name } of rows) runs.set(place, { id: place, runId, name });
  return runs;
}

/** The highest number of a run: of a row that is there, or that a span still has. */
function lastRun(database: ReadableDatabase, runs: ReadonlyMap<number, SavedRun>): number {
  let last = [...runs.keys()].at(-1) ?? 0;
  for (const text of ['SELECT max(run) FROM span', 'SELECT max(run) FROM content_origin']) {
    try {
      last = Math.max(last, database.prepare<[], number | null>(text).pluck().get() ?? 0);
    } catch {
      // Its last page is damaged: the other tells, or the rows do.
    }
  }
  return Math.min(last, largestRun);
}

/** A number beyond it is a damaged one: each takes a look. */
const largestRun = 10_000_000;

function withoutLostValues(span: RawSpan): { readonly span: RawSpan; readonly lostValues: number } {
  let lostValues = 0;
  const kept = <Holder extends { readonly attributes: readonly RawAttribute[]; readonly droppedAttributes: number }>(
    holder: Holder,
  ): Holder => {
    const attributes = holder.attributes.flatMap(({ key, value }): readonly RawAttribute[] => {
      try {
        return [{ key, value: readNow(value) }];
      } catch {
        return [];
      }
    });
    const lost = holder.attributes.length - attributes.length;
    lostValues += lost;
    return { ...holder, attributes, droppedAttributes: holder.droppedAttributes + lost };
  };
  const whole: RawSpan = { ...kept(span), events: span.events.map(kept), links: span.links.map(kept) };
  return { span: whole, lostValues };
}

/** A value that is kept apart is put together here, where a fault is of this value alone. */
function readNow(value: RawValue): RawValue {
  return value.form === 'any'
    ? { form: 'any', bytes: value.bytes }
    : { form: 'text', buffer: value.buffer, start: value.start, end: value.end, escaped: value.escaped };
}
