import { openWritable } from './database.ts';
import { libraryFile } from './library-files.ts';
import type { StoredExchange } from './recordings.ts';

/** For tests of what is read of a run without its recording, as in the library of another install. No backend may have it open. */
export function withoutRecordings(directory: string): void {
  const database = openWritable(libraryFile(directory));
  database.exec('DELETE FROM exchange; DELETE FROM recording');
  database.close();
}

export const makeExchange = (seq: number, request = `{"number":${seq}}`, response = '{}'): StoredExchange => ({
  seq,
  method: 'POST',
  path: '/openai/v1/chat/completions',
  status: 200,
  contentType: 'application/json',
  spanId: 'ab',
  startedUs: 1_760_000_000_000_000,
  durationUs: 12,
  served: 'live',
  detail: '{"a":1}',
  request: Buffer.from(request),
  outgoing: undefined,
  response: Buffer.from(response),
});
