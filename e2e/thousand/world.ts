import { createRandom } from './random.ts';
import { dateWords, makeValue } from './shapes.ts';
import type { Shape } from './shapes.ts';

/** What one run of an agent makes by itself: ids, times, paths. Another run makes others, under the same names: no value has two. */
export interface World {
  readonly folder: string;
  /** Its clock now, in milliseconds since 1970. */
  nowMs(): number;
  made(owner: string, name: string, shape: Shape): string;
  clock(kind: 'time' | 'date' | 'words' | 'epoch'): string;
  /** Each value with what it is: `owner|name`, `clock` or `folder`. */
  readonly values: ReadonlyMap<string, string>;
}

export function createWorld(name: string, startMs: number, others: readonly World[] = []): World {
  const random = createRandom(name);
  const values = new Map<string, string>();
  const known = new Map<string, string>();
  const folder = `/tmp/run-${random.text('abcdefghijkmnpqrstuvwxyz23456789', 8)}`;
  values.set(folder, 'folder');
  let nowMs = startMs;
  return {
    folder,
    values,
    nowMs: () => nowMs,
    made(owner, value, shape) {
      const key = `${owner}|${value}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      // By its name and not by the order in which threads happen to run.
      const own = random.fork(key);
      for (;;) {
        const text = makeValue(shape, own, nowMs, folder);
        if (values.has(text) || others.some((other) => other.values.has(text))) continue;
        known.set(key, text);
        values.set(text, key);
        return text;
      }
    },
    clock(kind) {
      nowMs += 1_000 + random.below(40_000);
      const iso = new Date(nowMs).toISOString();
      const text =
        kind === 'time'
          ? iso
          : kind === 'date'
            ? iso.slice(0, 10)
            : kind === 'words'
              ? dateWords(nowMs)
              : String(Math.floor(nowMs / 1_000));
      if (!values.has(text)) values.set(text, 'clock');
      return text;
    },
  };
}

/**
 * Writes a text as what it says and not with what words: each value of one of the worlds becomes its name. `rename`: paths of
 * threads that stand for others in the world of the re-run; what the tape says stays what it was.
 */
export function createCanon(
  recorded: World,
  again: World,
  rename: (owner: string) => string = (owner) => owner,
): (text: string) => string {
  const named = (world: World, nameOf: (owner: string) => string): readonly (readonly [string, string])[] =>
    [...world.values].map(([value, name]) => {
      const [owner = '', ...rest] = name.split('|');
      return [value, rest.length === 0 ? `⟨${name}⟩` : `⟨${nameOf(owner)}|${rest.join('|')}⟩`];
    });
  const names = new Map([...named(recorded, (owner) => owner), ...named(again, rename)]);
  const longest = [...names.keys()].toSorted((a, b) => b.length - a.length);
  if (longest.length === 0) return (text) => text;
  const pattern = new RegExp(
    longest.map((value) => value.replaceAll(/[.*+?^${}()|[\]\\/#]/g, String.raw`\$&`)).join('|'),
    'g',
  );
  return (text) =>
    text.replaceAll(pattern, (value, at: number) => {
      // Part of a longer figure or word, it is something else.
      if (isWordy(text[at - 1]) && isWordy(value[0])) return value;
      if (isWordy(text[at + value.length]) && isWordy(value.at(-1))) return value;
      return names.get(value) ?? value;
    });
}

const isWordy = (character: string | undefined): boolean => character !== undefined && /[A-Za-z0-9]/.test(character);
