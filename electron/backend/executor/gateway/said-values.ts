import { scrub } from './scrub.ts';
import type { FreeKind } from './scrub.ts';
import type { WirePart } from './wire.ts';

/**
 * What answers have named. A value that an answer named means the same wherever it stands later, so it is no longer free: the agent
 * has it from there.
 */
export interface SaidValues {
  /** `at`: an order; a value keeps the earliest. */
  add(parts: readonly WirePart[], at: number): void;
  /** Whether an answer before `at` named it. */
  has(kind: FreeKind, value: string, at?: number): boolean;
  /** Whether its figures stand in an answer, in whatever form. */
  hasFigures(value: string): boolean;
}

const longestWord = 200;

export function createSaidValues(): SaidValues {
  const first = new Map<string, number>();

  function note(key: string, at: number): void {
    const known = first.get(key);
    if (known === undefined || at < known) first.set(key, at);
  }

  return {
    add(parts, at) {
      for (const part of parts) {
        const text = part.type === 'text' ? part.text : part.type === 'tool_call' ? (part.arguments ?? '') : '';
        if (text === '') continue;
        for (const { kind, value } of scrub(text).values) {
          note(value, at);
          if (kind === 'path') for (const name of value.split('/')) note(name, at);
          const day = kind === 'time' ? dayOf(value) : undefined;
          if (day !== undefined) note(day, at);
        }
        // In other surroundings the same value may have no shape of its own.
        for (const [word] of text.matchAll(/[\p{L}\p{N}_.-]*\p{N}[\p{L}\p{N}_.-]*/gu))
          if (word.length <= longestWord) note(word.replace(/^[.-]+|[.-]+$/g, ''), at);
      }
    },
    has(kind, value, at = Infinity) {
      const before = (key: string): boolean => (first.get(key) ?? Infinity) < at;
      if (kind === 'measure') return before(value) && /\D/.test(value);
      const day = kind === 'time' ? dayOf(value) : undefined;
      return before(value) || (day !== undefined && before(day));
    },
    hasFigures: (value) => (value.match(/\d+(?:\.\d+)?/g) ?? []).some((figures) => first.has(figures)),
  };
}

/** The day of a time that begins with one. */
function dayOf(time: string): string | undefined {
  return /^\d{4}-\d\d-\d\d/.exec(time)?.[0];
}
