import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import { openingNotice, readStepTable } from '../support/backend-internals.ts';
import { inFolder } from './fault.ts';
import type { Fault, Row } from './fault.ts';
import { allRuns, look, opened, spansText } from './library-look.ts';
import { command, plainText, sendHttp, serve, spanBody } from './served.ts';

const fixtures = new URL('../fixtures/', import.meta.url).pathname;
const captures = [
  'vercel-ai/legacy',
  'openai-agents/normal',
  'langgraph-openinference/fatal',
  'anthropic-openinference/normal',
  'langfuse/normal',
  'otel-plain/retry',
];

/**
 * Single bits flipped in the library, its log and its text index: whatever is then read is what it was, or it is said that it is not. What the
 * reader does not notice, the doctor must.
 */
export const flipsFault: Fault = {
  name: 'flips',
  run: (scale) =>
    inFolder(async (folder) => {
      const closed = join(folder, 'closed');
      const killed = join(folder, 'killed');
      command(closed, ['import', ...captures.map((path) => join(fixtures, path, 'traces.jsonl'))]);
      const first = await serve(closed);
      await sendHttp(first.httpPort, spanBody(1));
      await indexed(closed);
      await first.end('SIGTERM');
      cpSync(closed, killed, { recursive: true });
      const served = await serve(killed);
      for (let number = 2; number < 40; number++)
        await sendHttp(served.httpPort, spanBody(number, plainText(number, 500)));
      await served.end('SIGKILL');
      return [
        flips(folder, closed, 'library.db', Math.ceil(200 * scale)),
        flips(folder, killed, 'library.db-wal', Math.ceil(60 * scale)),
        flips(folder, closed, 'search.db', Math.ceil(40 * scale)),
      ];
    }),
};

async function indexed(library: string): Promise<void> {
  while (!existsSync(join(library, 'search.db'))) await new Promise((resolve) => setTimeout(resolve, 100));
  await new Promise((resolve) => setTimeout(resolve, 3_000));
}

/** All that is read of a library: each run's row, its spans with every value, its steps. What cannot be read is `undefined`. */
function readAll(library: string): ReadonlyMap<string, string | undefined> | undefined {
  const all = new Map<string, string | undefined>();
  const attempt = (what: string, read: () => string): void => {
    try {
      all.set(what, read());
    } catch {
      all.set(what, undefined);
    }
  };
  try {
    return opened(library, (reader) => {
      for (const run of allRuns(reader)) {
        all.set(`${run.id} row`, run.damaged === true ? undefined : JSON.stringify(run));
        attempt(`${run.id} spans`, () => spansText(reader, run.id));
        // Of a run that goes on, how long it has lasted changes from look to look.
        if (run.status !== 'running') attempt(`${run.id} steps`, () => JSON.stringify(readStepTable(reader, run.id)));
      }
      return all;
    });
  } catch {
    return undefined;
  }
}

function flips(folder: string, library: string, name: string, count: number): Row {
  const bytes = statSync(join(library, name)).size;
  const seen = { same: 0, said: 0, doctor: 0, silent: 0 };
  const silent: string[] = [];
  const copy = join(folder, 'copy');
  const copyLibrary = (): void => {
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(copy);
    for (const file of readdirSync(library).filter((one) => /^(?:library|search)\.db/.test(one)))
      copyFileSync(join(library, file), join(copy, file));
  };
  copyLibrary();
  const whole = readAll(copy);
  for (let number = 0; number < count; number++) {
    copyLibrary();
    const at = Math.floor(((number + 0.5) / count) * bytes);
    flip(join(copy, name), at, number % 8);
    const notice = openingNotice(copy);
    const now = readAll(copy);
    const isSaid = now === undefined || notice !== undefined || [...now.values()].includes(undefined);
    const isSame =
      now !== undefined &&
      whole !== undefined &&
      now.size === whole.size &&
      [...whole].every(([what, text]) => now.get(what) === text);
    if (isSame) seen.same++;
    else if (isSaid) seen.said++;
    else if (look(copy).damage > 0) seen.doctor++;
    else {
      seen.silent++;
      const changed = [...(whole ?? [])].filter(([what, text]) => now.get(what) !== text).map(([what]) => what);
      silent.push(`byte ${at}: ${changed.slice(0, 2).join(', ')}`);
    }
  }
  return {
    what: `${count} single bits of ${name}`,
    seen: `${seen.same} change nothing, ${seen.said} said when read, ${seen.doctor} found by the doctor only, ${seen.silent} silent${silent.length > 0 ? `: ${silent.slice(0, 12).join('; ')}` : ''}`,
    passed: seen.silent === 0,
  };
}

function flip(file: string, at: number, bit: number): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ (1 << bit);
  writeSync(handle, byte, 0, 1, at);
  closeSync(handle);
}
