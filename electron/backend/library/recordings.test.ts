import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LibraryWriter } from './library.ts';
import { openLibraryReader, openLibraryWriter } from './open-library.ts';
import { libraryFigures } from './queries/figures.ts';
import { findExchange, findLaunch, findRecording, recordedCalls } from './queries/recordings.ts';
import type { LibraryReader } from './reader.ts';
import { makeExchange } from './recordings.testing.ts';
import { piecesOf } from './recordings.ts';

let directory: string;
let writer: LibraryWriter;
let reader: LibraryReader;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'retake-recordings-'));
  writer = openLibraryWriter({ directory });
  reader = openLibraryReader({ directory });
});
afterEach(() => {
  reader.close();
  writer.close();
  rmSync(directory, { recursive: true, force: true });
});

test('what was sent and received comes back byte for byte, with how the run was started', () => {
  const binary = Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7_919) % 256));
  writer.transaction(() => {
    writer.putRecording('run', '{"command":["x"]}');
    writer.putExchange('run', { ...makeExchange(0, 'é'.repeat(4_000)), outgoing: binary, response: binary });
    writer.putExchange('run', makeExchange(1, ''));
    writer.putExchange('run', { ...makeExchange(2, '{}'), spanId: undefined });
  });
  expect(findRecording(reader, 'run')).toEqual({ launch: '{"command":["x"]}', exchanges: [0, 1, 2] });
  expect(recordedCalls(reader, 'run')).toEqual(
    [0, 1].map((seq) => ({ seq, spanId: 'ab', served: 'live', status: 200, detail: '{"a":1}' })),
  );
  expect([recordedCalls(reader, 'other'), findLaunch(reader, 'run'), findLaunch(reader, 'other')]).toEqual([
    [],
    '{"command":["x"]}',
    undefined,
  ]);
  const read = findExchange(reader, 'run', 0);
  expect(Buffer.from(read?.request ?? []).toString()).toBe('é'.repeat(4_000));
  expect(Buffer.from(read?.outgoing ?? []).equals(binary)).toBe(true);
  expect(Buffer.from(read?.response ?? []).equals(binary)).toBe(true);
  expect(findExchange(reader, 'run', 1)).toEqual({ ...makeExchange(1, ''), request: Buffer.from('') });
  expect(findExchange(reader, 'run', 3)).toBeUndefined();
  expect(findRecording(reader, 'other')).toBeUndefined();
});

test('any bytes are the join of their pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('{"a":1},', 'x'.repeat(200), '},', '{', 'é')), (parts) => {
      expect(Buffer.concat([...piecesOf(Buffer.from(parts.join('')))]).toString()).toBe(parts.join(''));
    }),
  );
});

test('a history that is sent again with every call is kept once', () => {
  const words = (seed: number): string =>
    Array.from({ length: 100 }, (_, at) => ((seed * 48_271 + at * 16_807) % 100_003).toString(36)).join(' ');
  const message = (at: number): string => `{"role":"user","content":"${words(at)}"}`;
  const bodies = Array.from(
    { length: 60 },
    (_, calls) =>
      `{"model":"m","messages":[${Array.from({ length: calls + 1 }, (_message, at) => message(at)).join(',')}]}`,
  );
  writer.transaction(() => bodies.forEach((body, seq) => writer.putExchange('run', makeExchange(seq, body))));
  const bytes = bodies.reduce((total, body) => total + body.length, 0);
  const size = libraryFigures(reader).libraryBytes;
  writer.transaction(() => bodies.forEach((body, seq) => writer.putExchange('take', makeExchange(seq, body))));
  expect(findExchange(reader, 'take', 59)?.request.toString()).toBe(bodies[59]);
  expect(bytes).toBeGreaterThan(700_000);
  // All but the ids of a take's pieces are its parent's; the write-ahead log counts too.
  expect(libraryFigures(reader).libraryBytes - size).toBeLessThan(bytes / 4);
});
