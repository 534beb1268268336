import { unavailability } from '../library/unavailability.ts';

type AnyFunction = (...values: readonly unknown[]) => unknown;

/**
 * Functions over something that may fail to open (a library that is locked, damaged or newer): opened with the first call,
 * tried again with the next one after a failure. The library's own errors become LibraryUnavailable, whose message is the advice.
 */
export function guardedFunctions<Functions extends { close(): void | Promise<void> }>(
  open: () => Functions,
  names: readonly (keyof Functions & string)[],
): Functions {
  let opened: Functions | undefined;
  const call = (name: keyof Functions & string, values: readonly unknown[]): unknown => {
    try {
      if (name === 'close') return opened?.close();
      opened ??= open();
      const target = opened[name];
      return settled((target as AnyFunction).apply(opened, [...values]));
    } catch (error) {
      throw unavailability(error) ?? error;
    }
  };
  return Object.fromEntries(
    names.map((name) => [name, (...values: readonly unknown[]) => call(name, values)]),
  ) as Functions;
}

function settled(result: unknown): unknown {
  if (!(result instanceof Promise)) return result;
  return result.catch((error: unknown) => {
    throw unavailability(error) ?? error;
  });
}
