import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { wordsOf } from '../../shared/words-of.ts';

/** What happened to the program itself: starts, deaths, what the backend says. Never anything of a trace. */
export interface Log {
  readonly path: string;
  write(text: string): void;
}

/** Two files of this at most: the log and the one before it. */
const maximumBytes = 1024 * 1024;
const longestLine = 4_000;

/**
 * A log file that its owner alone can read. Where it cannot be written, that is said once on the standard error, and Retake goes on.
 * @param now for tests
 */
export function openLog(path: string, { limit = maximumBytes, now = () => new Date() } = {}): Log {
  let isBroken = false;
  let bytes = 0;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch (error) {
    giveUp(error);
  }

  function giveUp(error: unknown): void {
    if (!isBroken) process.stderr.write(`retake: the log ${path} cannot be written: ${wordsOf(error)}\n`);
    isBroken = true;
  }

  return {
    path,
    write(text) {
      if (isBroken) return;
      const time = now().toISOString();
      const lines = text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => `${time} ${line.length > longestLine ? `${line.slice(0, longestLine)}…` : line}\n`)
        .join('');
      try {
        if (bytes > 0 && bytes + Buffer.byteLength(lines) > limit) {
          renameSync(path, `${path}.1`);
          bytes = 0;
        }
        appendFileSync(path, lines, { mode: 0o600 });
        bytes += Buffer.byteLength(lines);
      } catch (error) {
        giveUp(error);
      }
    },
  };
}
