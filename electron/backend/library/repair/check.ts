import { hash } from 'node:crypto';
import type { CheckReport, Damage } from '../../../../shared/model/library-check.ts';
import { wordsOf } from '../../../../shared/words-of.ts';
import type { BlockTable } from '../block-tables.ts';
import { Block } from '../blocks.ts';
import type { BlockRow } from '../blocks.ts';
import type { ReadableDatabase } from '../database.ts';
import { unpackBytes } from '../packed-bytes.ts';
import { hasItsChecksum, unpackNumbers } from '../packed-numbers.ts';
import { findExchange } from '../queries/recordings.ts';
import type { LibraryReader } from '../reader.ts';
import { hasItsDigest } from '../run-digest.ts';
import { chunkId, chunkTextOf, stepsPerChunk } from '../step-chunks.ts';
import { isDamage, rowsPastDamage } from './rows-past-damage.ts';
import { savedRuns } from './saved-telemetry.ts';
import type { SavedRun } from './saved-telemetry.ts';

/**
 * Looks at all that a library holds, each byte once, and says what is damaged and what it belonged to. Yields after each small piece of the
 * work, so that it can be done slowly beside others. It writes nothing.
 */
export function* checkLibrary(reader: LibraryReader): Generator<void, CheckReport, void> {
  const checker = new Checker(reader);
  yield* checker.structure();
  yield* checker.blocks('payload_block');
  yield* checker.blocks('content_block');
  yield* checker.sequences();
  yield* checker.spans();
  yield* checker.logs();
  yield* checker.exchanges();
  yield* checker.metrics();
  yield* checker.steps();
  yield* checker.totals();
  return checker.report();
}

/** Lines of SQLite's own check that are kept for each table. */
const maximumLines = 5;

class Checker {
  private readonly reader: LibraryReader;
  private readonly database: ReadableDatabase;
  private readonly runs: ReadonlyMap<number, SavedRun>;
  private readonly damage: Damage[] = [];
  /** By kind and run: where the same is found again, only its number rises. */
  private readonly counted = new Map<string, { count: number; readonly words: string }>();
  private readonly checked = { runs: 0, spans: 0, logs: 0, exchanges: 0, blocks: 0 };

  constructor(reader: LibraryReader) {
    this.reader = reader;
    this.database = reader.database;
    this.runs = savedRuns(this.database, this.ofTable('run'));
    this.checked.runs = this.runs.size;
  }

  *structure(): Generator<void> {
    const tables = this.read<string>('the schema', () =>
      this.database
        .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .pluck()
        .all(),
    );
    for (const table of tables) {
      const lines = this.read<string>(table, () =>
        this.database.prepare<[], string>(`PRAGMA integrity_check('${table}')`).pluck().all(),
      );
      for (const words of lines.filter((line) => line !== 'ok').slice(0, maximumLines))
        this.damage.push({ kind: 'structure', table, words });
      yield;
    }
  }

  /** Each block has a checksum; of contents, each has the hash by which it is known as well: also in libraries from before the checksums. */
  *blocks(table: BlockTable): Generator<void> {
    const known = this.database.prepare<[Buffer], number>('SELECT id FROM content_hash WHERE hash = ?').pluck();
    let expected: number | undefined;
    const rows = rowsPastDamage<BlockRow>(
      this.database,
      { table, columns: 'first, lengths, packed', key: 'first', rowsAtOnce: 16 },
      this.ofTable(table),
    );
    for (const row of rows) {
      this.checked.blocks++;
      const count = unpackNumbers(row.lengths).length;
      const isAfter = expected === undefined || expected === row.first;
      expected = row.first + count;
      try {
        if (!isAfter) throw new Error('it does not follow the block before it');
        const block = new Block(row);
        if (table === 'content_block')
          for (let id = row.first; id < row.first + count; id++)
            // One that was cleared has no bytes.
            if (block.item(id)?.length !== 0 && known.get(contentHash(block.item(id))) !== id)
              throw new Error('it is not what was written');
      } catch (error) {
        if (table === 'content_block') this.lostValues(row.first, count, wordsOf(error));
        // Of payloads, the spans say it: they are named.
      }
      yield;
    }
  }

  /** The order of the contents of each conversation. */
  *sequences(): Generator<void> {
    const rows = rowsPastDamage<{ readonly run: number }>(
      this.database,
      { table: 'sequence', columns: 'run', key: 'id' },
      this.ofTable('sequence'),
    );
    for (const { place, run } of rows) {
      const chunks = this.read<{ readonly start: number; readonly ids: Buffer }>('sequence_chunk', () =>
        this.database
          .prepare<[number], { start: number; ids: Buffer }>(
            'SELECT start, ids FROM sequence_chunk WHERE sequence = ? ORDER BY start',
          )
          .all(place),
      );
      let length = 0;
      for (const { start, ids } of chunks) {
        if (start !== length || !hasItsChecksum(ids)) {
          const runId = this.runs.get(run)?.runId;
          const words = 'the order of a conversation is not what was written';
          this.count({ kind: 'values', ...(runId === undefined ? {} : { runId }), count: 1, words });
          break;
        }
        length += unpackNumbers(ids).length;
      }
      yield;
    }
  }

  *spans(): Generator<void> {
    const { telemetry } = this.reader;
    for (const run of this.runs.values()) {
      const rows = rowsPastDamage<{ readonly span_id: Buffer; readonly payload: number }>(
        this.database,
        { table: 'span', columns: 'span_id, payload', key: 'seq', where: { text: 'run = ?', value: run.id } },
        this.ofTable('span'),
      );
      let looked = 0;
      for (const { span_id: spanId, payload } of rows) {
        this.checked.spans++;
        this.attempt('spans', run, () => telemetry.glanceAt(payload, spanId));
        if (++looked % 100 === 0) yield;
      }
      yield;
    }
  }

  *logs(): Generator<void> {
    const rows = rowsPastDamage<{ readonly run: number | null; readonly payload: number }>(
      this.database,
      { table: 'log', columns: 'run, payload', key: 'id' },
      this.ofTable('log'),
    );
    for (const { run, payload } of rows) {
      this.checked.logs++;
      this.attempt('logs', run === null ? undefined : this.runs.get(run), () => this.reader.telemetry.logAt(payload));
      if (this.checked.logs % 100 === 0) yield;
    }
  }

  *exchanges(): Generator<void> {
    const recorded = this.read<{ readonly run_id: string; readonly seq: number }>('exchange', () =>
      this.database
        .prepare<[], { readonly run_id: string; readonly seq: number }>(
          'SELECT run_id, seq FROM exchange ORDER BY run_id, seq',
        )
        .all(),
    );
    for (const { run_id: runId, seq } of recorded) {
      this.checked.exchanges++;
      try {
        findExchange(this.reader, runId, seq);
      } catch (error) {
        this.count({ kind: 'exchanges', runId, count: 1, words: wordsOf(error) });
      }
      yield;
    }
  }

  *metrics(): Generator<void> {
    const rows = rowsPastDamage<{ readonly packed: Buffer }>(
      this.database,
      { table: 'metric', columns: 'packed', key: 'id' },
      this.ofTable('metric'),
    );
    for (const { packed } of rows) {
      try {
        unpackBytes(packed, 'metrics');
      } catch (error) {
        this.count({ kind: 'metrics', count: 1, words: wordsOf(error) });
      }
      yield;
    }
  }

  /** The digest that a chunk of steps has is of their rows, too. */
  *steps(): Generator<void> {
    for (const run of this.runs.values()) {
      const chunks = this.read<ChunkRow>('step_chunk', () =>
        this.database
          .prepare<[number, number], ChunkRow>(
            'SELECT id, digest, packed FROM step_chunk WHERE id >= ? AND id < ? ORDER BY id',
          )
          .all(chunkId(run.id, 0), chunkId(run.id + 1, 0)),
      );
      for (const { id, digest, packed } of chunks) {
        const chunk = id - chunkId(run.id, 0);
        this.attempt('steps', run, () => {
          const rows = this.database
            .prepare<[number, number, number]>(
              'SELECT * FROM step WHERE run = ? AND step >= ? AND step < ? ORDER BY step',
            )
            .raw()
            .all(run.id, chunk * stepsPerChunk, (chunk + 1) * stepsPerChunk);
          const text = chunkTextOf(packed);
          if (
            !hash('sha256', `${JSON.stringify(rows)}\n${text}`, 'buffer')
              .subarray(0, 16)
              .equals(digest)
          )
            throw new Error('they are not what was written');
        });
        yield;
      }
    }
  }

  /** What the row of each run says of it. */
  *totals(): Generator<void> {
    const rows = rowsPastDamage<Parameters<typeof hasItsDigest>[0] & { readonly run_id: string }>(
      this.database,
      { table: 'run', columns: '*', key: 'id', where: { text: 'assembled = ?', value: 1 } },
      this.ofTable('run'),
    );
    for (const row of rows) {
      if (!hasItsDigest(row))
        this.count({ kind: 'totals', runId: row.run_id, count: 1, words: 'they are not what was written' });
      yield;
    }
  }

  report(): CheckReport {
    return { checked: { ...this.checked }, damage: this.damage.map((found) => this.withCount(found)) };
  }

  /** Whose they are: the run that was the first to send them. */
  private lostValues(first: number, count: number, words: string): void {
    const origins = this.read<number>('content_origin', () =>
      this.database
        .prepare<[number, number], number>(
          'SELECT DISTINCT run FROM content_origin WHERE first >= coalesce((SELECT max(first) FROM content_origin WHERE first <= ?), 0) AND first < ?',
        )
        .pluck()
        .all(first, first + count),
    );
    const runs = origins.map((id) => this.runs.get(id)?.runId);
    for (const runId of runs.length === 0 ? [undefined] : runs)
      this.count({ kind: 'values', ...(runId === undefined ? {} : { runId }), count, words });
  }

  private attempt(kind: 'spans' | 'logs' | 'steps', run: SavedRun | undefined, look: () => unknown): void {
    try {
      look();
    } catch (error) {
      this.count({ kind, ...(run?.runId === undefined ? {} : { runId: run.runId }), count: 1, words: wordsOf(error) });
    }
  }

  private read<Row>(table: string, look: () => Row[]): readonly Row[] {
    try {
      return look();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.ofTable(table)(error);
      return [];
    }
  }

  private ofTable(table: string): (error: Error) => void {
    return (error) => void this.damage.push({ kind: 'structure', table, words: wordsOf(error) });
  }

  private count(found: Exclude<Damage, { readonly kind: 'structure' }>): void {
    const key = keyOf(found);
    const known = this.counted.get(key);
    if (known) known.count += found.count;
    else {
      this.counted.set(key, { count: found.count, words: found.words });
      this.damage.push(found);
    }
  }

  private withCount(found: Damage): Damage {
    return found.kind === 'structure'
      ? found
      : { ...found, count: this.counted.get(keyOf(found))?.count ?? found.count };
  }
}

interface ChunkRow {
  readonly id: number;
  readonly digest: Buffer;
  readonly packed: Buffer;
}

const keyOf = (found: Damage): string => `${found.kind} ${'runId' in found ? (found.runId ?? '') : ''}`;
const contentHash = (bytes: Buffer | undefined): Buffer =>
  hash('sha256', bytes ?? Buffer.alloc(0), 'buffer').subarray(0, 16);
