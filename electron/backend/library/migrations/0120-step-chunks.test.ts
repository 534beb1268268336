import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { packBytes } from '../packed-bytes.ts';
import { chunkId, chunkTextOf } from '../step-chunks.ts';
import { stepChunks } from './0120-step-chunks.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('chunks of before are found by their run and place, and read as they were', () => {
  const database = new Database(':memory:') as WritableDatabase;
  const before = libraryMigrations.filter(({ version }) => version < stepChunks.version);
  migrate(database, before, 'library.db');
  const put = database.prepare('INSERT INTO step_chunk (run, chunk, digest, packed) VALUES (?, ?, ?, ?)');
  const chunks: readonly (readonly [run: number, chunk: number])[] = [
    [3, 1],
    [1, 0],
    [3, 0],
    [70_000, 31_249],
  ];
  for (const [run, chunk] of chunks)
    put.run(run, chunk, Buffer.of(run % 256, chunk % 256), packBytes(Buffer.from(`[${run}, ${chunk}]`)));
  migrate(database, [...before, stepChunks], 'library.db');
  expect(libraryMigrations).toContain(stepChunks);
  const find = database.prepare<[number], { digest: Buffer; packed: Buffer }>(
    'SELECT digest, packed FROM step_chunk WHERE id = ?',
  );
  for (const [run, chunk] of chunks) {
    const row = find.get(chunkId(run, chunk));
    expect(row?.digest).toEqual(Buffer.of(run % 256, chunk % 256));
    expect(chunkTextOf(row?.packed ?? Buffer.alloc(0))).toBe(`[${run}, ${chunk}]`);
  }
});
