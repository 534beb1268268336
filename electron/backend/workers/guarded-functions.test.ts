import { expect, test } from 'vitest';
import { LibraryUnavailable } from '../base/faults.ts';
import type { FunctionsOver } from '../base/functions.ts';
import { createLog } from '../base/log.ts';
import { LibraryLocked } from '../library/faults.ts';
import { guardedFunctions } from './guarded-functions.ts';

/** A clock that only work moves on. */
interface Clock {
  ms: number;
}

const functions = {
  work(clock, tookMs: number) {
    clock.ms += tookMs;
    return clock.ms;
  },
  fail(clock, tookMs: number) {
    clock.ms += tookMs;
    throw new Error('no such thing');
  },
} satisfies FunctionsOver<Clock>;

test('what takes longer than 50 ms is logged with its name, whether it answers or fails; opening does not count', () => {
  const lines: string[] = [];
  const clock: Clock = { ms: 0 };
  const guarded = guardedFunctions({
    open() {
      clock.ms += 10_000;
      return clock;
    },
    functions,
    close: () => undefined,
    log: createLog({ level: 'info', output: (line) => void lines.push(line) }),
    now: () => clock.ms,
  });
  expect(guarded.work(50)).toBe(10_050);
  expect(lines).toEqual([]);
  guarded.work(50.6);
  expect(() => guarded.fail(312)).toThrow('no such thing');
  expect(lines).toEqual(['retake info: slow query: work took 51 ms\n', 'retake info: slow query: fail took 312 ms\n']);
});

test('at the level that commands have, nothing of it is written', () => {
  const lines: string[] = [];
  const clock: Clock = { ms: 0 };
  const guarded = guardedFunctions({
    open: () => clock,
    functions,
    close: () => undefined,
    log: createLog({ level: 'warn', output: (line) => void lines.push(line) }),
    now: () => clock.ms,
  });
  guarded.work(1_000);
  expect(lines).toEqual([]);
});

test('what could not be opened is tried again with the next call; closing what never opened does nothing', () => {
  let attempts = 0;
  const closed: Clock[] = [];
  const guarded = guardedFunctions({
    open(): Clock {
      attempts += 1;
      if (attempts === 1) throw new LibraryLocked('in use');
      return { ms: attempts };
    },
    functions,
    close: (clock) => void closed.push(clock),
  });
  guarded.close();
  expect(closed).toEqual([]);
  expect(() => guarded.work(0)).toThrow(LibraryUnavailable);
  expect([guarded.work(0), guarded.work(0)]).toEqual([2, 2]);
  guarded.close();
  expect(closed).toEqual([{ ms: 2 }]);
});
