import { readTrajectories } from './recorded/recorded.testing.ts';
import type { ReadFile } from './recorded/recorded.testing.ts';

/** Numbers that look random and are the same each time. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export interface Mutant {
  readonly text: string;
  readonly kind: string;
  /** Lines, from 1, that are no JSON any more. */
  readonly broken: readonly number[];
  /** Lines whose meaning has changed or which are gone. */
  readonly touched: readonly number[];
}

const strange: readonly unknown[] = [
  null,
  0,
  -1,
  1e308,
  '',
  'x',
  true,
  [],
  {},
  [null],
  [[]],
  { type: 'text' },
  ['x', 1],
];

/** A file of JSON lines with one thing wrong in it. */
export function mutate(text: string, random: (below: number) => number): Mutant {
  const lines = text.split('\n').filter((line) => line !== '');
  const at = random(lines.length);
  const line = lines[at] ?? '';
  const number = at + 1;
  const joined = (changed: readonly string[]): string => changed.join('\n');
  switch (random(6)) {
    case 0:
      return {
        kind: 'cut',
        text: joined(lines.with(at, line.slice(0, 1 + random(line.length - 1)))),
        broken: [number],
        touched: [number],
      };
    case 1:
      return { kind: 'gone', text: joined(lines.toSpliced(at, 1)), broken: [], touched: [number] };
    case 2:
      return { kind: 'twice', text: joined(lines.toSpliced(at, 0, line)), broken: [], touched: [] };
    case 3: {
      const other = random(lines.length);
      return {
        kind: 'swapped',
        text: joined(lines.with(at, lines[other] ?? '').with(other, line)),
        broken: [],
        touched: [number, other + 1],
      };
    }
    case 4:
      return {
        kind: 'bytes',
        text: joined(lines.with(at, `${line.slice(0, 5)}\u0000\uD800${line.slice(7)}`)),
        broken: [],
        touched: [number],
      };
    default: {
      const value = JSON.parse(line) as unknown;
      changeSomewhere(value, random);
      return { kind: 'strange', text: joined(lines.with(at, JSON.stringify(value))), broken: [], touched: [number] };
    }
  }
}

function changeSomewhere(value: unknown, random: (below: number) => number): void {
  let current = value;
  for (let depth = 0; depth < 12; depth += 1) {
    if (typeof current !== 'object' || current === null) return;
    const keys = Object.keys(current);
    const key = keys[random(keys.length)];
    if (key === undefined) return;
    const inner: unknown = Reflect.get(current, key);
    if (typeof inner === 'object' && inner !== null && random(4) > 0) {
      current = inner;
      continue;
    }
    Reflect.set(current, key, strange[random(strange.length)]);
    return;
  }
}

export const callsOf = ({ runs }: ReadFile): ReadonlySet<string> =>
  new Set(runs.flat().flatMap(({ facts, span }) => (facts.kind === 'llm' ? [span.spanId] : [])));

/** Reads a mutant: whatever stands in it, it is read to its end. */
export const readMutant = (mutant: Mutant): Promise<ReadFile> => readTrajectories(mutant.text);
