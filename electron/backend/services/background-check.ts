import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { wordsOfDamage } from '../../../shared/model/library-check.ts';
import type { CheckReport } from '../../../shared/model/library-check.ts';

/** Looks at the whole library once a day while Retake runs, slowly, and says what is damaged: a disk that fails is noticed while there are copies. */
export interface BackgroundCheck {
  /** From when on it may begin: with the first call, after a minute in which the start is over. */
  start(): void;
  /** What the last check found, in words. */
  readonly problem: string | undefined;
  close(): void;
}

const afterStartMs = 60_000;
const betweenMs = 24 * 60 * 60 * 1_000;
const lastSchema = z.object({ atMs: z.number() });

export function createBackgroundCheck(options: {
  readonly directory: string;
  readonly check: () => Promise<CheckReport>;
  readonly onProblem: () => void;
  /** Milliseconds after the start; tests shorten it. */
  readonly afterMs?: number | undefined;
}): BackgroundCheck {
  const { directory, check, onProblem, afterMs = afterStartMs } = options;
  const file = join(directory, 'last-check.json');
  let timer: NodeJS.Timeout | undefined;
  let problem: string | undefined;
  let closed = false;

  async function run(): Promise<void> {
    const last = await lastCheck(file);
    const waitMs = last === undefined ? 0 : last + betweenMs - Date.now();
    // A clock that stepped back would put it off for as long.
    if (waitMs > 0 && waitMs <= betweenMs) return again(waitMs);
    const { damage } = await check();
    await writeFile(file, JSON.stringify({ atMs: Date.now() }), { mode: 0o600 });
    const [first, ...more] = damage;
    const before = problem;
    problem =
      first === undefined
        ? undefined
        : `A part of the library is damaged. ${wordsOfDamage(first)}${more.length === 0 ? '' : ` And ${more.length} more.`} The rest can be read. \`retake doctor\` says all of it; a backup from before holds it still.`;
    if (problem !== before) onProblem();
    again(betweenMs);
  }

  function again(delayMs: number): void {
    if (closed) return;
    timer = setTimeout(() => {
      // A library that does not open is said by those who read it; one that is closing is no damage.
      run().catch(() => again(betweenMs));
    }, delayMs);
    timer.unref();
  }

  return {
    start() {
      if (timer === undefined) again(afterMs);
    },
    get problem() {
      return problem;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

async function lastCheck(file: string): Promise<number | undefined> {
  try {
    return lastSchema.parse(JSON.parse(await readFile(file, 'utf8'))).atMs;
  } catch {
    return undefined;
  }
}
