import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runId } from '../../../../shared/model/units.ts';
import { libraryFile } from '../library-files.ts';
import { openLibraryReader, openLibraryWriter } from '../open-library.ts';
import { spansOf } from '../queries/telemetry.ts';
import { traceOf, withDirectory } from '../telemetry.testing.ts';
import { openingNotice } from './opening-notice.ts';
import { readLog, readLogIndex } from './write-ahead-log.ts';

/** A library whose writer was killed after so many commits: its log is not folded in. */
async function killedLibrary(directory: string): Promise<number> {
  const child = spawn(
    process.execPath,
    [new URL('../writer-process.testing.ts', import.meta.url).pathname, directory, '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
    if (output.split('\n').length > 12) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return Number(output.split('\n').at(-2));
}

function spansIn(directory: string): { readonly notice: string | undefined; readonly spans: number } {
  const notice = openingNotice(directory);
  const reader = openLibraryReader({ directory });
  try {
    return { notice, spans: [...spansOf(reader, runId(traceOf(1)))].length };
  } finally {
    reader.close();
  }
}

test('a process that was killed leaves nothing to say: its log is whole, and its index knows how long it is', () =>
  withDirectory(async (directory) => {
    const acknowledged = await killedLibrary(directory);
    const log = readLog(`${libraryFile(directory)}-wal`);
    const index = readLogIndex(`${libraryFile(directory)}-shm`);
    expect(log?.taken).toBeGreaterThan(0);
    expect(log?.taken).toBeGreaterThanOrEqual(index?.committed ?? Infinity);
    expect(log?.salt).toBe(index?.salt);
    const { notice, spans } = spansIn(directory);
    expect(notice).toBeUndefined();
    expect(spans).toBeGreaterThanOrEqual(acknowledged);
    // And closed in order there is nothing left.
    openLibraryWriter({ directory }).close();
    expect(existsSync(`${libraryFile(directory)}-wal`)).toBe(false);
    expect(spansIn(directory).notice).toBeUndefined();
  }));

test.each([
  ['removed', (log: string) => rmSync(log), 'was removed after Retake had ended abruptly'],
  ['cut', (log: string) => truncateSync(log, Math.floor(readFileSync(log).length / 2)), 'is damaged or was cut'],
  [
    'flipped in one bit',
    (log: string) => {
      const bytes = readFileSync(log);
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] ?? 0) ^ 4;
      writeFileSync(log, bytes);
    },
    'is damaged or was cut',
  ],
])('the log of a killed process is %s: said, and what SQLite drops is copied aside', (how, harm, words) =>
  withDirectory(async (directory) => {
    const acknowledged = await killedLibrary(directory);
    harm(`${libraryFile(directory)}-wal`);
    const { notice, spans } = spansIn(directory);
    expect(notice).toContain(words);
    expect(spans).toBeLessThan(acknowledged);
    const aside = readdirSync(directory).filter((name) => name.startsWith('set-aside-'));
    expect(aside).toHaveLength(how === 'removed' ? 0 : 1);
    for (const folder of aside) expect(readdirSync(join(directory, folder))).toEqual(['library.db-wal']);
    // Said once: what is there now is what there is.
    openLibraryWriter({ directory }).close();
    expect(spansIn(directory).notice).toBeUndefined();
  }),
);

test('without its index, a commit after a frame that is damaged tells', () =>
  withDirectory(async (directory) => {
    await killedLibrary(directory);
    const log = `${libraryFile(directory)}-wal`;
    rmSync(`${libraryFile(directory)}-shm`);
    const bytes = readFileSync(log);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(log, bytes);
    expect(spansIn(directory).notice).toContain('is damaged or was cut');
  }));

test.each([
  ['its file is removed and its log stays', (file: string) => rmSync(file), 'is not there, but library.db-wal'],
  ['its file is emptied', (file: string) => writeFileSync(file, ''), 'is empty, but library.db-wal'],
  [
    'only the text index is left',
    (file: string) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`);
    },
    'is not there, but search.db',
  ],
])('%s: the empty library that is begun says so', (_how, harm, words) =>
  withDirectory(async (directory) => {
    await killedLibrary(directory);
    writeFileSync(join(directory, 'search.db'), 'of an earlier library');
    harm(libraryFile(directory));
    const { notice, spans } = spansIn(directory);
    expect(spans).toBe(0);
    expect(notice).toContain(words);
    expect(notice).toContain('A new, empty one has been begun');
  }),
);

test('a library that never was is begun without a word', () =>
  withDirectory((directory) => {
    expect(spansIn(join(directory, 'new'))).toEqual({ notice: undefined, spans: 0 });
  }));
