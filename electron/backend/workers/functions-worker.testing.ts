import { joinFunctions } from '../base/functions.ts';
import type { Bound } from '../base/functions.ts';
import { guardedFunctions } from './guarded-functions.ts';
import { serveThread } from './thread.ts';

/** A thread for the test of composed functions: like the one that reads, over a number instead of a library. */
const functions = joinFunctions(
  { plus: (base: number, more: number) => base + more },
  { spelled: (base: number, words: readonly string[]) => words[base] ?? 'many' },
);

export type ComposedFunctions = Bound<typeof functions> & { close(): void };

serveThread(guardedFunctions({ open: () => 2, functions, close: () => undefined }));
