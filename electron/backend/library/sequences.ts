import type { WritableDatabase } from './database.ts';
import { idsToNumbers, packNumbers, withChecksum } from './packed-numbers.ts';

/** An append-only list of content ids: what a conversation held, in order, repetitions included. */
export interface Sequence {
  readonly id: number;
  /** Items written and unwritten. */
  length: number;
  unwritten: number[];
}

/** Writes sequences: in chunks, one per commit that added to them. */
export class SequenceWriter {
  private readonly changed = new Set<Sequence>();
  private readonly insert;
  private readonly insertChunk;

  constructor(database: WritableDatabase) {
    this.insert = database.prepare<[number]>('INSERT INTO sequence (run) VALUES (?)');
    this.insertChunk = database.prepare<[number, number, Buffer]>(
      'INSERT INTO sequence_chunk (sequence, start, ids) VALUES (?, ?, ?)',
    );
  }

  open(run: number): Sequence {
    return { id: Number(this.insert.run(run).lastInsertRowid), length: 0, unwritten: [] };
  }

  append(sequence: Sequence, ids: readonly number[]): void {
    for (const id of ids) sequence.unwritten.push(id);
    sequence.length += ids.length;
    this.changed.add(sequence);
  }

  /** Before a commit. */
  flush(): void {
    for (const sequence of this.changed) {
      this.insertChunk.run(
        sequence.id,
        sequence.length - sequence.unwritten.length,
        withChecksum(packNumbers(idsToNumbers(sequence.unwritten))),
      );
      sequence.unwritten = [];
    }
    this.changed.clear();
  }

  /** After a rollback: sequences that are held must be dropped by their holders. */
  forget(): void {
    this.changed.clear();
  }
}
