import { wordsOf } from '../../../../shared/words-of.ts';
import type { ReadableDatabase } from '../database.ts';
import { findExchange } from '../queries/recordings.ts';
import type { LibraryReader } from '../reader.ts';
import type { StoredExchange } from '../recordings.ts';
import { isDamage } from './rows-past-damage.ts';

/** Recordings of a library that may be damaged: how each run was started, then its calls. */
export type SavedRecording =
  | { readonly kind: 'recording'; readonly runId: string; readonly launch: string }
  | { readonly kind: 'exchange'; readonly runId: string; readonly exchange: StoredExchange }
  | { readonly kind: 'lost exchange'; readonly runId: string; readonly words: string }
  | { readonly kind: 'stretch'; readonly table: string; readonly words: string };

export function* savedRecordings(reader: LibraryReader): Generator<SavedRecording, void, void> {
  const { database } = reader;
  const stretches: SavedRecording[] = [];
  const passedOver = (table: string) => (error: Error) =>
    void stretches.push({ kind: 'stretch', table, words: wordsOf(error) });
  const recordings = fromBothEnds<{ readonly run_id: string; readonly launch: string }>(
    database,
    { columns: 'run_id, launch', table: 'recording', order: ['run_id'] },
    passedOver('recording'),
  );
  for (const { run_id: runId, launch } of recordings) yield { kind: 'recording', runId, launch };
  const exchanges = fromBothEnds<{ readonly run_id: string; readonly seq: number }>(
    database,
    { columns: 'run_id, seq', table: 'exchange', order: ['run_id', 'seq'] },
    passedOver('exchange'),
  );
  for (const { run_id: runId, seq } of exchanges) {
    try {
      const exchange = findExchange(reader, runId, seq);
      if (exchange) yield { kind: 'exchange', runId, exchange };
    } catch (error) {
      yield { kind: 'lost exchange', runId, words: wordsOf(error) };
    }
  }
  yield* stretches;
}

/** Rows whose key is no number: up to what cannot be read, and from the other end down to it. */
function fromBothEnds<Row extends object>(
  database: ReadableDatabase,
  rows: { readonly columns: string; readonly table: string; readonly order: readonly string[] },
  damaged: (error: Error) => void,
): readonly Row[] {
  const { columns, table, order } = rows;
  const read = (direction: 'ASC' | 'DESC'): { readonly found: readonly Row[]; readonly error: Error | undefined } => {
    const found: Row[] = [];
    try {
      const by = order.map((column) => `${column} ${direction}`).join(', ');
      for (const row of database.prepare<[], Row>(`SELECT ${columns} FROM ${table} ORDER BY ${by}`).iterate())
        found.push(row);
      return { found, error: undefined };
    } catch (error) {
      if (!isDamage(error)) throw error;
      return { found, error };
    }
  };
  const up = read('ASC');
  if (up.error === undefined) return up.found;
  damaged(up.error);
  return [...up.found, ...read('DESC').found.toReversed()];
}
