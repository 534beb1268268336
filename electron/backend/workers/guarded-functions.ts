import type { Bound, FunctionsOver } from '../base/functions.ts';
import { processLog } from '../base/log.ts';
import type { Log } from '../base/log.ts';
import { unavailability } from '../library/unavailability.ts';

export interface GuardedOptions<Context, Functions extends FunctionsOver<Context>> {
  readonly open: () => Context;
  readonly functions: Functions;
  readonly close: (context: Context) => void;
  /** What a fault means, where it is one of the library's file: damage is found while reading. */
  readonly typed?: (error: unknown) => unknown;
  /** False when it has to be opened anew: its file was removed or replaced. */
  readonly isThere?: (context: Context) => boolean;
  /** The process's own unless a test brings one. */
  readonly log?: Log;
  /** Milliseconds of a clock that only goes forward; performance.now unless a test brings another. */
  readonly now?: () => number;
}

/** A window that waits longer for its thread shows it: what takes longer is logged by name, as `info`. Opening does not count. */
const slowMs = 50;

/**
 * Functions over something that may fail to open (a library that is locked, damaged or newer): opened with the first call,
 * tried again with the next one after a failure. The library's own errors become LibraryUnavailable, whose message is the advice.
 * The functions' names are those of the map. None of them is asynchronous: a thread that reads does one thing at a time.
 */
export function guardedFunctions<Context, Functions extends FunctionsOver<Context>>(
  options: GuardedOptions<Context, Functions>,
): Bound<Functions> & { close(): void } {
  const { log = processLog, now = () => performance.now() } = options;
  let opened: { readonly context: Context } | undefined;

  function timed<Result>(name: string, work: () => Result): Result {
    const startedMs = now();
    try {
      return work();
    } finally {
      const tookMs = now() - startedMs;
      if (tookMs > slowMs) log.write('info', `slow query: ${name} took ${Math.round(tookMs)} ms`);
    }
  }

  function call(name: string, work: (context: Context) => unknown): unknown {
    try {
      if (opened && options.isThere?.(opened.context) === false) {
        options.close(opened.context);
        opened = undefined;
      }
      const { context } = (opened ??= { context: options.open() });
      return timed(name, () => work(context));
    } catch (error) {
      const typed = options.typed?.(error) ?? error;
      throw unavailability(typed) ?? typed;
    }
  }

  const functions = Object.entries(options.functions).map(
    ([name, work]) => [name, (...values: never[]) => call(name, (context) => work(context, ...values))] as const,
  );
  return {
    ...(Object.fromEntries(functions) as Bound<Functions>),
    close() {
      if (opened) options.close(opened.context);
    },
  };
}
