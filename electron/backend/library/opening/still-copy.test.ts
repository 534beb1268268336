import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { libraryFile } from '../library-files.ts';
import { openLibraryWriter } from '../open-library.ts';
import { makeSpan, spanOf, traceOf, withDirectory } from '../telemetry.testing.ts';
import { openStillCopy } from './still-copy.ts';

const put = (writer: ReturnType<typeof openLibraryWriter>, number: number): void =>
  writer.transaction(() => void writer.putSpan(makeSpan({ traceId: traceOf(number), spanId: spanOf(number) })));

function runsIn(file: string): { readonly runs: unknown; readonly copy: ReturnType<typeof openStillCopy> } {
  const copy = openStillCopy(file);
  return { runs: copy.database.prepare('SELECT count(*) FROM run').pluck().get(), copy };
}

test('what is there is read without writing beside it: from memory, and with its log from a copy', () =>
  withDirectory((parent) => {
    const directory = join(parent, 'library');
    const writer = openLibraryWriter({ directory });
    put(writer, 1);
    const file = libraryFile(directory);
    // With what is in its log only.
    const withLog = runsIn(file);
    expect(withLog.runs).toBe(1);
    expect(withLog.copy.isCurrent()).toBe(true);
    put(writer, 2);
    expect(withLog.copy.isCurrent()).toBe(false);
    withLog.copy.database.close();
    withLog.copy.remove();
    writer.close();
    const alone = join(parent, 'alone.db');
    copyFileSync(file, alone);
    const fromMemory = runsIn(alone);
    expect([fromMemory.runs, fromMemory.copy.isCurrent()]).toEqual([2, true]);
    fromMemory.copy.database.close();
    fromMemory.copy.remove();
  }));
