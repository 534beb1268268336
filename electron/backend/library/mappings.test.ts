import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { runId } from '../../../shared/model/units.ts';
import { libraryFile } from './library-files.ts';
import type { RunMapping } from './library.ts';
import { openLibraryWriter } from './open-library.ts';
import { makeRun, putRun } from './runs.testing.ts';
import { makeSpan, textAttribute, traceOf, withDirectory } from './telemetry.testing.ts';

const idOf = (number: number) => runId(traceOf(number));
const mapping = (versions: Readonly<Record<string, number>>, ...applied: readonly string[]): RunMapping => ({
  versions: new Map(Object.entries(versions)),
  applied: new Set(applied),
});

test('runs that were mapped with the same share one row, whatever its order', () =>
  withDirectory((directory) => {
    let writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      for (const run of [1, 2, 3]) putRun(writer, run);
      writer.replaceSteps(makeRun(1), mapping({ a: 1, b: 2 }, 'a', 'b'));
      writer.replaceSteps(makeRun(2), mapping({ b: 2, a: 1 }, 'b', 'a'));
      writer.replaceSteps(makeRun(3), mapping({ a: 1, b: 2 }, 'a'));
    });
    const expected = [
      { id: 1, ...mapping({ a: 1, b: 2 }, 'a', 'b') },
      { id: 2, ...mapping({ a: 1, b: 2 }, 'a') },
    ];
    expect(writer.mappings()).toEqual(expected);
    expect([1, 2, 3, 4].map((run) => writer.mappingIdOf(idOf(run)))).toEqual([1, 1, 2, undefined]);
    writer.close();
    writer = openLibraryWriter({ directory });
    writer.transaction(() => writer.setMapping(idOf(3), mapping({ a: 1, b: 2 }, 'a', 'b')));
    expect(writer.mappingIdOf(idOf(3))).toBe(1);
    writer.transaction(() => writer.removeMappings([2]));
    expect(writer.mappings()).toEqual(expected.slice(0, 1));
    writer.close();
  }));

test('a mapping whose transaction failed is not taken for one that is there', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => putRun(writer, 1));
    expect(() =>
      writer.transaction(() => {
        writer.setMapping(idOf(1), mapping({ a: 1 }));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(writer.mappings()).toEqual([]);
    writer.transaction(() => writer.setMapping(idOf(1), mapping({ a: 1 })));
    expect(writer.mappings()).toEqual([{ id: 1, ...mapping({ a: 1 }) }]);
    writer.close();
  }));

test('runs come in pages, without those that have news', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      for (const run of [1, 2, 3, 4]) putRun(writer, run);
      writer.putSpan(makeSpan({ traceId: traceOf(2), name: 'more' }));
      writer.putSpan(makeSpan({ traceId: traceOf(5) }));
    });
    const first = writer.mappedRuns(0, 2);
    expect(first.map((run) => run.runId)).toEqual([idOf(1), idOf(3)]);
    expect(writer.mappedRuns(first.at(-1)?.place ?? 0, 2).map((run) => run.runId)).toEqual([idOf(4)]);
    writer.close();
  }));

test('a glance reads long values only when they are asked for', () =>
  withDirectory((directory) => {
    const long = 'word '.repeat(10_000);
    let writer = openLibraryWriter({ directory });
    writer.transaction(() =>
      writer.putSpan(
        makeSpan({ name: 'chat', attributes: [textAttribute('short', 'a'), textAttribute('long', long)] }),
      ),
    );
    const [span] = writer.glanceAtSpans(idOf(1));
    const [short, value] = span?.attributes ?? [];
    expect(short?.value).toMatchObject({ form: 'text' });
    if (value?.value.form !== 'text') throw new Error('no text');
    expect(value.value.buffer.toString('utf8', value.value.start, value.value.end)).toBe(long);
    writer.close();
    // Without its contents, a library can still be looked at.
    const database = new Database(libraryFile(directory));
    database.exec('DELETE FROM content_block');
    database.close();
    writer = openLibraryWriter({ directory });
    const reopened = writer;
    expect([...reopened.glanceAtSpans(idOf(1))].map(({ name, attributes }) => [name, attributes.length])).toEqual([
      ['chat', 2],
    ]);
    expect(() => [...reopened.spansOf(idOf(1))]).toThrow('damaged');
    writer.close();
  }));
