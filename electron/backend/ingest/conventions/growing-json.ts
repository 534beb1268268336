import { parseTolerantJson } from './tolerant-json.ts';
import type { TolerantJson } from './tolerant-json.ts';

/** Shorter texts are parsed sooner than looked up. */
const shortest = 16_384;
/** Longer ones are not kept: a hostile prompt must not stay in memory. */
const longest = 16_000_000;
/** As many conversations take turns without losing their place. */
const places = 4;

interface Kept {
  readonly text: string;
  readonly value: readonly unknown[];
}

/**
 * As `parseTolerantJson`, for prompts: an agent sends its whole history with every call, so a list of messages mostly begins as one before
 * it did, and only what is new is parsed. The elements that both have are the same objects.
 */
export function createGrowingJson(): (text: string) => TolerantJson | undefined {
  let kept: readonly Kept[] = [];

  function remember(text: string, value: unknown, instead: Kept | undefined): void {
    if (text.length > longest || !Array.isArray(value)) return;
    kept = [{ text, value }, ...kept.filter((one) => one !== instead)].slice(0, places);
  }

  return (text) => {
    if (text.length < shortest || !text.startsWith('[')) return parseTolerantJson(text);
    for (const one of kept) {
      if (one.text === text) return { value: one.value, truncated: false };
      // The list without its closing bracket, then a comma in that place.
      const end = one.text.length - 1;
      if (text.length <= one.text.length || text[end] !== ',' || !text.startsWith(one.text.slice(0, end))) continue;
      try {
        const value = one.value.concat(JSON.parse(`[${text.slice(end + 1)}`) as unknown[]);
        remember(text, value, one);
        return { value, truncated: false };
      } catch {
        // cut off, or no list any more: read as a whole
      }
    }
    const parsed = parseTolerantJson(text);
    if (parsed && !parsed.truncated && text.endsWith(']')) remember(text, parsed.value, undefined);
    return parsed;
  };
}
