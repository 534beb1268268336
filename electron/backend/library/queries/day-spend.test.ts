import { expect, test } from 'vitest';
import { nanos, runId } from '../../../../shared/model/units.ts';
import type { AssembledStep } from '../../telemetry/step-facts.ts';
import { openLibraryReader, openLibraryWriter } from '../open-library.ts';
import { makeFacts, makeStep, putRun } from '../runs.testing.ts';
import { traceOf, withDirectory } from '../telemetry.testing.ts';
import { readAgentNames, readDaySpend, readRecentCosts } from './day-spend.ts';

const fromMs = Date.UTC(2026, 10, 29, 23);
const toMs = fromMs + 86_400_000;
const at = (ms: number) => nanos(BigInt(ms) * 1_000_000n);

function stepAt(index: number, ms: number, usd: number | undefined, more: Partial<AssembledStep> = {}): AssembledStep {
  return makeStep(index, {
    startNs: at(ms),
    endNs: at(ms + 1_000),
    cost:
      usd === undefined
        ? { kind: 'none', reason: 'no price' }
        : { kind: 'reported', usd, reportedUsd: usd, sourceName: 'x', notes: [] },
    ...more,
  });
}

const hourMs = 3_600_000;
/** A run of steps at these times, each of which cost so much. */
const runOf = (steps: readonly (readonly [ms: number, usd: number | undefined])[], more = {}) => ({
  steps: steps.map(([ms, usd], index) => stepAt(index, ms, usd)),
  startNs: at(steps[0]?.[0] ?? 0),
  endNs: at((steps.at(-1)?.[0] ?? 0) + 1_000),
  ...more,
});

test('what was spent between two moments: whole runs, parts of runs that cross them, runs that go on, deleted runs', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      putRun(
        writer,
        1,
        runOf([
          [fromMs + hourMs, 0.1],
          [fromMs + 2 * hourMs, 0.2],
          [fromMs + 3 * hourMs, undefined],
        ]),
      );
      // Crosses the first midnight, the second one, and both.
      putRun(
        writer,
        2,
        runOf(
          [
            [fromMs - hourMs, 5],
            [fromMs + hourMs, 0.3],
          ],
          { agent: 'mail', service: undefined },
        ),
      );
      putRun(
        writer,
        3,
        runOf([
          [toMs - hourMs, 0.4],
          [toMs + hourMs, 5],
        ]),
      );
      putRun(
        writer,
        4,
        runOf([
          [fromMs - hourMs, 5],
          [fromMs, 0.5],
          [toMs - 1, 0.6],
          [toMs, 5],
        ]),
      );
      // Not on that day.
      putRun(writer, 5, runOf([[fromMs - 2 * hourMs, 5]]));
      putRun(writer, 6, runOf([[toMs, 5]]));
      // Began long ago and goes on; one that has no end, and one that has lost its root.
      putRun(
        writer,
        7,
        runOf(
          [
            [fromMs - 20 * 86_400_000, 5],
            [fromMs + hourMs, 0.7],
          ],
          { status: 'running' },
        ),
      );
      putRun(
        writer,
        8,
        runOf(
          [
            [fromMs - 2 * hourMs, 5],
            [fromMs + hourMs, 0.8],
          ],
          { endNs: undefined },
        ),
      );
      putRun(writer, 9, runOf([[fromMs + hourMs, 0.9]]));
      putRun(
        writer,
        10,
        runOf([
          [fromMs - hourMs, 5],
          [fromMs + hourMs, 0.01],
        ]),
      );
      // Restated by a parent, and answered from a recording.
      putRun(writer, 11, {
        startNs: at(fromMs - hourMs),
        endNs: at(fromMs + hourMs),
        steps: [
          stepAt(0, fromMs + 1, 5, { usageRole: 'rollup', facts: makeFacts({ kind: 'agent' }) }),
          stepAt(1, fromMs + 1, 5, { usageRole: 'duplicate' }),
          stepAt(2, fromMs + 1, undefined, { cost: { kind: 'recorded', usd: 0, insteadOfUsd: 5 } }),
          stepAt(3, fromMs + 1, 0.02),
        ],
      });
    });
    const reader = openLibraryReader({ directory });
    const spent = () =>
      Object.fromEntries(
        readDaySpend(reader, { fromMs, toMs }).map(({ ids, nanoUsd, unpriced }) => [ids[0], [nanoUsd / 1e9, unpriced]]),
      );
    const expected = {
      [traceOf(1)]: [0.3, 1],
      [traceOf(2)]: [0.3, 0],
      [traceOf(3)]: [0.4, 0],
      [traceOf(4)]: [1.1, 0],
      [traceOf(7)]: [0.7, 0],
      [traceOf(8)]: [0.8, 0],
      [traceOf(9)]: [0.9, 0],
      [traceOf(10)]: [0.01, 0],
      [traceOf(11)]: [0.02, 0],
    };
    expect(spent()).toEqual(expected);
    writer.transaction(() =>
      writer.removeRuns(
        [9, 10].map((number) => runId(traceOf(number))),
        at(toMs),
      ),
    );
    expect(spent()).toEqual(expected);
    reader.close();
    writer.close();
  }));

test('a run is meant by its agent, service and own name, and by those of the runs that it is a take of', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      const day = runOf([[fromMs + hourMs, 0.1]]);
      putRun(writer, 1, { ...day, name: 'shop run', agent: 'shop', service: 'shop-service' });
      putRun(writer, 2, {
        ...day,
        name: 'a take',
        agent: undefined,
        service: 'a take',
        parentRunId: runId(traceOf(1)),
      });
      putRun(writer, 3, { ...day, name: 'again', agent: undefined, service: 'again', parentRunId: runId(traceOf(2)) });
      // Says that it is its own parent.
      putRun(writer, 4, { ...day, name: 'loop', agent: undefined, service: undefined, parentRunId: runId(traceOf(4)) });
      writer.putRecording(runId(traceOf(2)), '{}');
    });
    const reader = openLibraryReader({ directory });
    const rows = readDaySpend(reader, { fromMs, toMs });
    expect(rows.map(({ names, isRecorded }) => [names.toSorted(), isRecorded])).toEqual([
      [['shop', 'shop run', 'shop-service'], false],
      [['a take', 'shop', 'shop run', 'shop-service'], true],
      [['a take', 'again', 'shop', 'shop run', 'shop-service'], false],
      [['loop'], false],
    ]);
    expect(readAgentNames(reader, traceOf(3)).toSorted()).toEqual([
      'a take',
      'again',
      'shop',
      'shop run',
      'shop-service',
    ]);
    expect(readAgentNames(reader, traceOf(9))).toEqual([]);
    expect(readRecentCosts(reader, { sinceMs: fromMs })).toHaveLength(4);
    expect(readRecentCosts(reader, { sinceMs: toMs })).toEqual([]);
    reader.close();
    writer.close();
  }));
