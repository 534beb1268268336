import {
  checkLibrary,
  listRuns,
  openingNotice,
  openLibraryReader,
  spansOf,
  textOf,
} from '../support/backend-internals.ts';
import type { LibraryReader } from '../support/backend-internals.ts';

/** Over the library, which is closed after it. */
export function opened<T>(library: string, work: (reader: LibraryReader) => T): T {
  const reader = openLibraryReader({ directory: library });
  try {
    return work(reader);
  } finally {
    reader.close();
  }
}

/** The library as the doctor sees it. */
export const look = (
  library: string,
): { readonly damage: number; readonly notice: string | undefined; readonly words: readonly string[] } => {
  const notice = openingNotice(library);
  return opened(library, (reader) => {
    const check = checkLibrary(reader);
    for (;;) {
      const { done, value } = check.next();
      if (done === true) return { damage: value.damage.length, notice, words: value.damage.map(({ words }) => words) };
    }
  });
};

/** By name of the span: how often it is there, and its one text. */
export const textsIn = (library: string): ReadonlyMap<string, { readonly count: number; readonly text: string }> =>
  opened(library, (reader) => {
    const texts = new Map<string, { count: number; readonly text: string }>();
    for (const { id } of allRuns(reader))
      for (const { span } of spansOf(reader, id)) {
        const known = texts.get(span.name);
        const value = span.attributes[0]?.value;
        if (known) known.count += 1;
        else texts.set(span.name, { count: 1, text: value?.form === 'text' ? textOf(value) : '' });
      }
    return texts;
  });

export function* allRuns(reader: LibraryReader): Generator<ReturnType<typeof listRuns>['runs'][number], void, void> {
  let cursor: string | undefined;
  do {
    const page = listRuns(reader, { filter: {}, sort: 'started', descending: true, limit: 500, cursor });
    yield* page.runs;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** Every span of a run with every value, as one text. */
export function spansText(reader: LibraryReader, runId: string): string {
  return JSON.stringify([...spansOf(reader, runId)], (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null || !('form' in value)) return value;
    if (value.form === 'any' && 'bytes' in value && Buffer.isBuffer(value.bytes)) return value.bytes.toString('base64');
    const { buffer, start, end } = value as unknown as {
      readonly buffer: Buffer;
      readonly start: number;
      readonly end: number;
    };
    return buffer.toString('latin1', start, end);
  });
}
