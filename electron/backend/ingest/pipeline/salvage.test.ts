import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CheckReport, SalvageReport } from '../../../../shared/model/library-check.ts';
import { runId as asRunId } from '../../../../shared/model/units.ts';
import { capture, temporaryDirectory } from '../../backend.testing.ts';
import { openReadable, openWritable, pageBytes, pageSizes } from '../../library/database.ts';
import { LibraryDamaged } from '../../library/faults.ts';
import { libraryFile } from '../../library/library-files.ts';
import { openLibraryReader, openLibraryWriter } from '../../library/open-library.ts';
import { findExchange, findRecording } from '../../library/queries/recordings.ts';
import { listRuns } from '../../library/queries/run-list.ts';
import { spansOf } from '../../library/queries/telemetry.ts';
import type { LibraryReader } from '../../library/reader.ts';
import { makeExchange } from '../../library/recordings.testing.ts';
import { checkLibrary } from '../../library/repair/check.ts';
import { openDamaged, setAside } from '../../library/repair/damaged-library.ts';
import type { TextRange } from '../../telemetry/raw-span.ts';
import { pipelineOptions } from './pipeline.testing.ts';
import { createPipeline } from './pipeline.ts';

const captures = [
  ['langgraph-openinference', 'fatal'],
  ['anthropic-openinference', 'normal'],
  ['vercel-ai', 'legacy'],
  ['openai-agents', 'normal'],
] as const;

const never = new AbortController().signal;

/** A library of real captures and a recording. */
async function recordedLibrary(directory: string): Promise<void> {
  const writer = openLibraryWriter({ directory });
  const pipeline = createPipeline(pipelineOptions(writer, {}));
  for (const [client, run] of captures)
    await pipeline.importSource({ path: capture(client, run) }, { signal: never, onProgress: () => undefined });
  await pipeline.close();
  writer.transaction(() => {
    writer.putRecording('recorded', '{"command":["agent"]}');
    for (let seq = 0; seq < 5; seq++) writer.putExchange('recorded', makeExchange(seq));
  });
  writer.close();
}

/** Every span by its ids, as text. */
function spansIn(reader: LibraryReader): ReadonlyMap<string, { readonly text: string; readonly dropped: number }> {
  const spans = new Map<string, { readonly text: string; readonly dropped: number }>();
  for (const { id } of listRuns(reader, { filter: {}, sort: 'started', descending: true, limit: 500 }).runs)
    for (const { span } of spansOf(reader, id))
      spans.set(`${span.traceId} ${span.spanId}`, {
        text: JSON.stringify(span, (_key, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? '' : textOf(value),
        ),
        dropped: [span, ...span.events, ...span.links].reduce((sum, holder) => sum + holder.droppedAttributes, 0),
      });
  return spans;
}

/** A text range by what it holds, not by where it lies. */
function textOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('form' in value)) return value;
  if (value.form === 'any' && 'bytes' in value && Buffer.isBuffer(value.bytes)) return value.bytes.toString('base64');
  const { buffer, start, end } = value as unknown as TextRange;
  return buffer.toString('latin1', start, end);
}

async function salvaged(directory: string): Promise<SalvageReport> {
  const asideFolder = setAside(directory);
  const from = openDamaged(asideFolder);
  const writer = openLibraryWriter({ directory });
  const pipeline = createPipeline(pipelineOptions(writer, {}));
  try {
    return { asideFolder, ...(await pipeline.salvage(from)) };
  } finally {
    await pipeline.close();
    writer.close();
    from.close();
  }
}

function checked(directory: string): CheckReport {
  const reader = openLibraryReader({ directory });
  const check = checkLibrary(reader);
  for (;;) {
    const { done, value } = check.next();
    if (done !== true) continue;
    reader.close();
    return value;
  }
}

async function withLibrary(
  work: (directory: string, whole: ReturnType<typeof spansIn>) => Promise<void>,
): Promise<void> {
  const folder = await temporaryDirectory();
  try {
    const directory = join(folder.path, 'library');
    mkdirSync(directory);
    await recordedLibrary(directory);
    const reader = openLibraryReader({ directory });
    const whole = spansIn(reader);
    reader.close();
    await work(directory, whole);
  } finally {
    await folder.remove();
  }
}

test('a library that is whole: nothing is found, and all of it comes over', () =>
  withLibrary(async (directory, whole) => {
    const { damage, checked: looked } = checked(directory);
    expect(damage).toEqual([]);
    expect(looked).toMatchObject({ spans: whole.size, exchanges: 5 });
    const { kept, lost, asideFolder } = await salvaged(directory);
    expect(kept).toMatchObject({ spans: whole.size, exchanges: 5 });
    expect(lost).toEqual({ spans: 0, logs: 0, values: 0, exchanges: 0, stretches: 0 });
    const reader = openLibraryReader({ directory });
    expect(spansIn(reader)).toEqual(whole);
    expect(findRecording(reader, 'recorded')).toEqual({ launch: '{"command":["agent"]}', exchanges: [0, 1, 2, 3, 4] });
    expect(findExchange(reader, 'recorded', 4)).toEqual(makeExchange(4));
    reader.close();
    const aside = openLibraryReader({ directory: asideFolder });
    expect(spansIn(aside)).toEqual(whole);
    aside.close();
  }));

test('what was said of runs comes over with them', () =>
  withLibrary(async (directory) => {
    const said = (): readonly unknown[] => {
      const reader = openLibraryReader({ directory });
      const { runs } = listRuns(reader, { filter: {}, sort: 'started', descending: false, limit: 10 });
      reader.close();
      return runs.map(({ id, name, ownName, note, tags, pinned }) => ({ id, name, ownName, note, tags, pinned }));
    };
    const writer = openLibraryWriter({ directory });
    const [first, second] = said().map((run) => asRunId((run as { readonly id: string }).id));
    writer.transaction(() => {
      if (first !== undefined) writer.labelRuns([first], { name: 'kept', note: 'of it', addTags: ['a', 'b'] });
      if (second !== undefined) writer.pinRuns([second], true);
    });
    writer.close();
    const before = said();
    expect(before).toContainEqual(expect.objectContaining({ name: 'kept', tags: ['a', 'b'] }));
    await salvaged(directory);
    expect(said()).toEqual(before);
  }));

test('page by page overwritten: what comes over is what was sent, and what does not is counted', () =>
  withLibrary(async (directory, whole) => {
    const file = readFileSync(libraryFile(directory));
    const pages = file.length / pageBytes;
    let unreadable = 0;
    let kept = 0;
    // Every eighth: each part of the library is hit, and the test stays short.
    for (let page = 0; page < pages; page += 8) {
      const broken = Buffer.from(file);
      broken.fill(0xa5, page * pageBytes, (page + 1) * pageBytes);
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      writeFileSync(libraryFile(directory), broken);
      let report: SalvageReport;
      try {
        report = await salvaged(directory);
      } catch (error) {
        expect(error).toBeInstanceOf(LibraryDamaged);
        unreadable++;
        continue;
      }
      const reader = openLibraryReader({ directory });
      const now = spansIn(reader);
      reader.close();
      for (const [ids, { text, dropped }] of now) {
        const before = whole.get(ids);
        if (text === before?.text) kept++;
        else expect([page, ids, dropped > (before?.dropped ?? Infinity)]).toEqual([page, ids, true]);
      }
      const { lost } = report;
      if (now.size < whole.size) expect([page, lost.spans + lost.stretches > 0]).toEqual([page, true]);
    }
    // The first page holds the schema: without it nothing says what is what.
    expect(unreadable).toBeLessThanOrEqual(2);
    expect(kept).toBeGreaterThan((whole.size * pages) / 8 / 2);
  }));

test.each(pageSizes)(
  'with pages of %i bytes: a header that was overwritten, and tables under a lower version, are mended in a copy',
  (size) =>
    withLibrary(async (directory, whole) => {
      const file = libraryFile(directory);
      const rebuilt = openWritable(file);
      rebuilt.pragma('journal_mode = DELETE');
      rebuilt.pragma(`page_size = ${size}`);
      rebuilt.exec('VACUUM');
      rebuilt.pragma('journal_mode = WAL');
      expect(rebuilt.pragma('page_size', { simple: true })).toBe(size);
      rebuilt.close();
      const copy = `${file}.whole`;
      copyFileSync(file, copy);
      const overwritten = readFileSync(file);
      overwritten.fill(0, 0, 24);
      writeFileSync(file, overwritten);
      expect((await salvaged(directory)).kept.spans).toBe(whole.size);
      copyFileSync(copy, file);
      for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
      const database = openWritable(file);
      database.pragma('user_version = 30');
      database.close();
      const { kept, asideFolder } = await salvaged(directory);
      expect(kept.spans).toBe(whole.size);
      const aside = openReadable(libraryFile(asideFolder));
      expect(aside.pragma('user_version', { simple: true })).toBe(30);
      aside.close();
    }),
);

test('what is damaged is said with what it belonged to', () =>
  withLibrary(async (directory) => {
    const flip = (table: string, column: string, key: string): string => {
      const database = openWritable(libraryFile(directory));
      const row = database
        .prepare<[], { place: number; bytes: Buffer }>(
          `SELECT ${key} AS place, ${column} AS bytes FROM ${table} ORDER BY length(${column}) DESC LIMIT 1`,
        )
        .get();
      if (!row) throw new Error(`${table} is empty.`);
      const bytes = Buffer.from(row.bytes);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`).run(bytes, row.place);
      database.close();
      const kinds = new Set(checked(directory).damage.map(({ kind }) => kind));
      const again = openWritable(libraryFile(directory));
      again.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`).run(row.bytes, row.place);
      again.close();
      return [...kinds].join(' ');
    };
    expect(flip('payload_block', 'packed', 'first')).toBe('spans');
    expect(flip('payload_block', 'lengths', 'first')).toBe('spans');
    expect(flip('content_block', 'packed', 'first')).toBe('values');
    expect(flip('envelope', 'bytes', 'id')).toBe('spans');
    expect(flip('piece', 'bytes', 'id')).toBe('exchanges');
    expect(flip('step_chunk', 'packed', 'id')).toBe('steps');
    expect(checked(directory).damage).toEqual([]);
  }));
