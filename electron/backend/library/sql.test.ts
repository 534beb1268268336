import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { libraryFile } from './library-files.ts';
import { openLibraryWriter } from './open-library.ts';
import { mustChange } from './sql.ts';
import { makeSpan, spanOf, traceOf, withDirectory } from './telemetry.testing.ts';

test('a write that must change one row says so when it changes none or more', () => {
  mustChange({ changes: 1 }, 'A run');
  mustChange({ changes: 3 }, 'Blocks', 3);
  for (const changes of [0, 2]) expect(() => mustChange({ changes }, 'A run')).toThrow(`A run: ${changes} rows`);
});

test('a span whose run is no more is not acknowledged: the transaction is rolled back', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const put = (number: number) =>
      writer.transaction(() => writer.putSpan(makeSpan({ traceId: traceOf(1), spanId: spanOf(number) })));
    put(1);
    const other = new Database(libraryFile(directory));
    other.exec('DELETE FROM run');
    expect(() => put(2)).toThrow('A run with new spans: 0 rows');
    expect(other.prepare('SELECT count(*) FROM span').pluck().get()).toBe(1);
    other.close();
    writer.close();
  }));
