import type { Bound, FunctionsOver } from '../base/functions.ts';
import { unavailability } from '../library/unavailability.ts';

export interface GuardedOptions<Context, Functions extends FunctionsOver<Context>> {
  readonly open: () => Context;
  readonly functions: Functions;
  readonly close: (context: Context) => void;
}

/**
 * Functions over something that may fail to open (a library that is locked, damaged or newer): opened with the first call,
 * tried again with the next one after a failure. The library's own errors become LibraryUnavailable, whose message is the advice.
 */
export function guardedFunctions<Context, Functions extends FunctionsOver<Context>>(
  options: GuardedOptions<Context, Functions>,
): Bound<Functions> & { close(): void } {
  let opened: { readonly context: Context } | undefined;
  const guarded =
    (work: (context: Context, ...values: never[]) => unknown) =>
    (...values: never[]): unknown => {
      try {
        opened ??= { context: options.open() };
        return settled(work(opened.context, ...values));
      } catch (error) {
        throw unavailability(error) ?? error;
      }
    };
  return {
    ...(Object.fromEntries(
      Object.entries(options.functions).map(([name, work]) => [name, guarded(work)]),
    ) as Bound<Functions>),
    close() {
      if (opened) options.close(opened.context);
    },
  };
}

function settled(result: unknown): unknown {
  if (!(result instanceof Promise)) return result;
  return result.catch((error: unknown) => {
    throw unavailability(error) ?? error;
  });
}
