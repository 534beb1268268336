import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inFolder } from './fault.ts';
import type { Fault, Row } from './fault.ts';
import { command, runIds, sendHttp, serve, spanBody } from './served.ts';
import { fillDisk, withSmallDisk } from './small-disk.ts';

/** A library that cannot be written, or not be what it says: reading, receiving and the words of each. Modes and owners need root's tests. */
const nobody = 65_534;
const owner = 1_234;

interface Place {
  readonly what: string;
  readonly readable: boolean;
  readonly words: RegExp;
  readonly make: (library: string) => void;
}

const places: readonly Place[] = [
  {
    what: 'its folder is read-only',
    readable: true,
    words: /cannot be (?:written|opened)/,
    make(library) {
      for (const name of readdirSync(library)) chmodSync(join(library, name), 0o444);
      chmodSync(library, 0o555);
    },
  },
  {
    what: 'it belongs to somebody else, and may be read',
    readable: true,
    words: /cannot be (?:written|opened)/,
    make(library) {
      for (const name of readdirSync(library)) {
        chownSync(join(library, name), owner, owner);
        chmodSync(join(library, name), 0o644);
      }
      chownSync(library, owner, owner);
      chmodSync(library, 0o755);
    },
  },
  {
    what: 'a folder stands in its place',
    readable: false,
    words: /is a folder, not a library/,
    make(library) {
      for (const name of readdirSync(library)) if (name.startsWith('library.db')) rmSync(join(library, name));
      mkdirSync(join(library, 'library.db'));
      own(library);
    },
  },
  {
    what: 'it is of a newer Retake',
    readable: false,
    words: /newer Retake/,
    make: (library) => version(library, 99_990),
  },
  {
    what: 'its tables stand under a lower version',
    readable: false,
    words: /could not be brought up to date/,
    make: (library) => version(library, 5),
  },
  {
    what: 'it is text',
    readable: false,
    words: /damaged or is not a Retake library/,
    make(library) {
      copyFileSync(new URL('./places.ts', import.meta.url).pathname, join(library, 'library.db'));
      own(library);
    },
  },
];

function own(library: string): void {
  for (const name of ['.', ...readdirSync(library)]) chownSync(join(library, name), nobody, nobody);
}

function version(library: string, number: number): void {
  const database = new DatabaseSync(join(library, 'library.db'));
  database.exec(`PRAGMA user_version = ${number}`);
  database.close();
  own(library);
}

export const placesFault: Fault = {
  name: 'places',
  run: () =>
    inFolder(async (folder) => {
      chmodSync(folder, 0o755);
      const whole = join(folder, 'whole');
      mkdirSync(whole);
      chownSync(whole, nobody, nobody);
      const served = await serve(whole, nobody);
      for (let number = 1; number <= 5; number++) await sendHttp(served.httpPort, spanBody(number));
      await served.end('SIGTERM');
      const rows: Row[] = [];
      for (const { what, readable, words, make } of places) {
        const library = join(folder, 'library');
        cpSync(whole, library, { recursive: true });
        own(library);
        make(library);
        rows.push(await look(what, library, { readable, words }));
        rmSync(library, { recursive: true });
      }
      rows.push(
        await withSmallDisk(4, async (disk) => {
          const library = join(disk, 'library');
          cpSync(whole, library, { recursive: true });
          own(library);
          fillDisk(disk);
          return look('the disk is full at the start', library, { readable: true, words: /is full/ });
        }),
      );
      return rows;
    }),
};

async function look(
  what: string,
  library: string,
  expected: { readonly readable: boolean; readonly words: RegExp },
): Promise<Row> {
  const listed = command(library, ['runs', '--json'], nobody);
  const runs = listed.status === 0 ? runIds(library, nobody).length : 0;
  const served = await serve(library, nobody);
  const { status, retryAfter, text } = await sendHttp(served.httpPort, spanBody(99));
  const endedMs = await served.end('SIGTERM');
  const said = `${served.said()}${text}${listed.stderr}`;
  const passed =
    (expected.readable ? runs === 5 : listed.status === 1 && expected.words.test(listed.stderr)) &&
    status === 503 &&
    retryAfter !== undefined &&
    expected.words.test(`${served.said()}${text}`) &&
    !/SqliteError|Internal server error|another Retake/.test(said) &&
    endedMs < 2_000;
  return {
    what,
    seen: `${runs} of 5 runs read, exporter ${status}, Retry-After ${retryAfter ?? 'none'}, ended in ${Math.round(endedMs)} ms: ${(
      served
        .said()
        .split('\n')
        .find((line) => expected.words.test(line)) ?? said
    ).slice(0, 220)}`,
    passed,
  };
}
