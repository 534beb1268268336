import { describe, expect, test } from 'vitest';
import { viewSpan } from '../../telemetry/view-span.ts';
import { importBytes } from './import-file.ts';
import { collect, dump } from './otlp/otlp.testing.ts';
import type { Collected } from './otlp/otlp.testing.ts';
import { keptRecord, packRecord, unpackRecord } from './recorded/kept-record.ts';
import { fixture } from './recorded/recorded.testing.ts';
import { RunWriter } from './recorded/write-run.ts';
import { rereadRecord, sourceVersions } from './reread-record.ts';
import { readTrials, tauBench } from './tau-bench/tau-bench.ts';

async function imported(name: string): Promise<Collected> {
  const collected = collect();
  await importBytes('dropped', fixture(name), collected.sink);
  return collected;
}

const roots = ({ spans }: Collected): Collected['spans'] =>
  spans.filter(({ parentSpanId }) => parentSpanId === undefined);
const recordOf = (span: Collected['spans'][number]): ReturnType<typeof keptRecord> =>
  keptRecord(viewSpan(span, []).attributes);

describe('the foreign record of a run', () => {
  test.each([
    ['tau-bench/1/results.json', 'tau-bench', 3],
    ['swe-agent/0.7/greeting.traj', 'swe-agent', 1],
    ['swe-agent/1.0/greeting.traj', 'swe-agent', 1],
    ['mini-swe-agent/1/greeting.traj.json', 'mini-swe-agent', 1],
    ['mini-swe-agent/1.1/greeting.traj.json', 'mini-swe-agent', 1],
  ])('%s: read again from its record it gives the same spans', async (name, sourceId, runs) => {
    const file = await imported(name);
    const again = collect();
    for (const root of roots(file)) {
      const record = recordOf(root);
      expect(record).toMatchObject({ sourceId, version: sourceVersions().get(sourceId) });
      if (record !== undefined)
        expect(await rereadRecord(record, again.sink)).toEqual({ kind: 'read', version: record.version });
    }
    expect(roots(again)).toHaveLength(runs);
    expect(dump(again)).toEqual(dump(file));
    expect(again.skipped).toEqual([]);
  });

  test('is the part of the file that the run is, and stands on the root only', async () => {
    const file = await imported('tau-bench/1/results.json');
    const trials = JSON.parse(fixture('tau-bench/1/results.json').toString()) as unknown[];
    const records = roots(file).map(recordOf);
    expect(records.map((record) => record && (JSON.parse(unpackRecord(record).toString()) as unknown))).toEqual(trials);
    expect(records.map((record) => record?.place)).toEqual([0, 1, 2]);
    expect(file.spans.filter((span) => recordOf(span) !== undefined)).toHaveLength(trials.length);
  });

  test('a place that only the file tells comes back', async () => {
    const trial = (task: string): object => ({ task_id: task, reward: 1, info: {}, traj: [] });
    const file = collect();
    await importBytes('dropped', Buffer.from(JSON.stringify([trial('first'), trial('second')])), file.sink);
    const again = collect();
    for (const root of roots(file)) {
      const record = recordOf(root);
      if (record !== undefined) await rereadRecord(record, again.sink);
    }
    expect(again.spans.map(({ startNs }) => startNs)).toEqual(file.spans.map(({ startNs }) => startNs));
  });

  test('one that is too large is not kept, and the report says so', () => {
    const collected = collect();
    const writer = new RunWriter(tauBench, collected.sink, { recordBytes: 1_000 });
    const document = [{ task_id: 1, reward: 1, info: { note: 'x'.repeat(2_000) }, traj: [] }];
    for (const run of readTrials(document, 0, { skip: () => {}, warn: () => {} })) void [...writer.write(run)];
    expect(collected.spans).toHaveLength(1);
    expect(roots(collected).map(recordOf)).toEqual([undefined]);
    expect(collected.warnings[0]).toMatch(/^task 1: its part of the file takes more than 1 MiB and was not kept/);
  });

  test('from anyone: what is no record is refused with a reason, nothing is thrown', async () => {
    const given = async (sourceId: string, bytes: Uint8Array): Promise<unknown> => {
      const collected = collect();
      const result = await rereadRecord({ sourceId, version: 1, place: 0, bytes }, collected.sink);
      expect(collected.spans).toEqual([]);
      return result;
    };
    const refused = (reason: string): object => ({ kind: 'refused', reason });
    expect(await given('no-such', packRecord(Buffer.from('[]')))).toEqual(refused('there is no source no-such'));
    expect(await given('tau-bench', Buffer.from('not zstd'))).toEqual(refused('the record cannot be decompressed'));
    expect(await given('tau-bench', packRecord(Buffer.alloc(65 * 1024 * 1024)))).toEqual(
      refused('the record cannot be decompressed'),
    );
    expect(await given('tau-bench', packRecord(Buffer.from('{"half')))).toEqual(
      refused('the record is no JSON document'),
    );
    expect(await given('tau-bench', packRecord(Buffer.from(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)))).toEqual(
      refused('the record is no JSON document'),
    );
    expect(await given('tau-bench', packRecord(Buffer.from('{"some":"thing"}')))).toEqual(
      refused('the source does not recognise the record'),
    );
    expect(await given('otlp', packRecord(Buffer.from('{"some":"thing"}')))).toEqual(
      refused('the source does not recognise the record'),
    );
  });
});
