import { useSyncExternalStore } from 'react';
import type { z } from 'zod';

/**
 * A value kept in this browser profile's local storage. What is stored may come from an older version or another hand:
 * it passes the schema or the fallback is used. Storage may also be full or forbidden: then the value lives for the session.
 */
export interface StoredValue<T> {
  read(): T;
  write(value: T): void;
  /** Calls back after each write in this window. Returns the way to stop. */
  subscribe(listener: () => void): () => void;
}

export function storedValue<T>(key: string, schema: z.ZodType<T>, fallback: T): StoredValue<T> {
  let held: { readonly value: T } | undefined;
  const listeners = new Set<() => void>();
  return {
    read() {
      held ??= { value: load(key, schema) ?? fallback };
      return held.value;
    },
    write(value) {
      held = { value };
      try {
        window.localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // Kept for this session only.
      }
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value as it is now, wherever in the window it is written. */
export function useStored<T>(value: StoredValue<T>): T {
  const read = (): T => value.read();
  return useSyncExternalStore((listener) => value.subscribe(listener), read, read);
}

function load<T>(key: string, schema: z.ZodType<T>): T | undefined {
  try {
    const text = window.localStorage.getItem(key);
    if (text === null) return undefined;
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
