import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FirstDivergence, StepPair } from '../../shared/model/comparison.ts';
import {
  compareRuns,
  fingerprintRun,
  createNormaliser,
  activeRules,
  openLibraryReader,
  createContentReader,
} from '../support/backend-internals.ts';
import type { KnownEdit, Random } from './diff-cases.ts';
import { editableRun, finishRun } from './diff-edits.ts';
import type { EditableRun, FinishedRun } from './diff-edits.ts';

/** Holds a comparison against what was done to the run: shared by the benchmarks of known edits. */

export const sources = [
  'vercel-ai/normal',
  'vercel-ai/alt',
  'vercel-ai/legacy',
  'openai-agents/normal',
  'langgraph-openinference/normal',
  'anthropic-openinference/normal',
  'anthropic-sdk-native/normal',
  'anthropic-sdk-native/retry',
  'langfuse/normal',
  'otel-plain/proto',
  'otel-plain/alt',
  'otel-plain/retry',
];

export interface CaseResult {
  readonly source: string;
  readonly kind: string;
  readonly seed: number;
  readonly found: number;
  readonly right: number;
  readonly wanted: number;
  readonly divergenceExact: boolean;
  readonly detail: string;
}

/** mulberry32: the same cases on every machine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The recorded runs of `e2e/fixtures` that can be edited. */
export function readSources(): readonly { readonly name: string; readonly run: EditableRun }[] {
  const directory = mkdtempSync(join(tmpdir(), 'retake-known-edits-'));
  try {
    return sources.flatMap((name) => {
      const base = fileURLToPath(new URL(`../fixtures/${name}/traces.jsonl`, import.meta.url));
      const path = [base, `${base}.gz`].find((file) => existsSync(file));
      if (path === undefined) throw new Error(`There is no fixture ${name}.`);
      const library = join(directory, name.replace('/', '-'));
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [
          fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url)),
          'import',
          '--json',
          '--library',
          library,
          path,
        ],
        { encoding: 'utf8' },
      );
      if (status !== 0) throw new Error(`${name}: ${stderr}`);
      const { runIds } = JSON.parse(stdout) as { readonly runIds: readonly string[] };
      const reader = openLibraryReader({ directory: library });
      try {
        const contents = createContentReader(reader);
        const runs = runIds.flatMap((runId) => editableRun(reader, contents, runId) ?? []);
        if (runs.length === 0) console.log(`${name}: its contexts do not grow by appending; left out`);
        return runs.map((run) => ({ name, run }));
      } finally {
        reader.close();
      }
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function judge(source: string, kind: string, seed: number, edit: KnownEdit): CaseResult {
  const a = finishRun(edit.a);
  const b = finishRun(edit.b);
  const normaliser = createNormaliser(activeRules(undefined));
  const read = (run: FinishedRun) =>
    fingerprintRun(run.stored, run.contents, normaliser, { deadline: Number.POSITIVE_INFINITY, from: 0 }).steps;
  const { pairs, firstDivergence } = compareRuns(read(a), read(b), { pins: [], shared: 0 });
  const placeInB = new Map<number, number>();
  for (const [index, from] of b.sources.entries()) if (from !== undefined) placeInB.set(from, index);
  /** Wrappers, and steps of which nobody could say which one they are. */
  const leftOut = (index: number): boolean => {
    const from = a.sources[index];
    return a.items[index]?.step.facts.hidden === true || (from !== undefined && edit.open?.has(from) === true);
  };
  const openInB = (index: number): boolean => {
    const from = b.sources[index];
    return from !== undefined && edit.open?.has(from) === true;
  };
  const wanted = new Map<number, number>();
  for (const [index, from] of a.sources.entries()) {
    const partner = from === undefined ? undefined : placeInB.get(from);
    if (partner !== undefined && !leftOut(index)) wanted.set(index, partner);
  }
  const found = pairs.filter(
    (pair): pair is StepPair & { a: number; b: number } =>
      pair.a !== undefined && pair.b !== undefined && !leftOut(pair.a) && !openInB(pair.b),
  );
  const right = found.filter((pair) => wanted.get(pair.a) === pair.b).length;
  const expected = edit.divergence && { a: placeOf(a, edit.divergence.a), b: placeOf(b, edit.divergence.b) };
  return {
    source,
    kind,
    seed,
    found: found.length,
    right,
    wanted: wanted.size,
    divergenceExact: isExact(firstDivergence, expected, edit.eitherSide === true),
    detail: `expected ${placesText(expected)}, found ${placesText(firstDivergence)} ${firstDivergence?.reason ?? ''}`,
  };
}

interface Places {
  readonly a?: number | undefined;
  readonly b?: number | undefined;
}

function placeOf(run: FinishedRun, item: KnownEdit['a']['before'][number] | undefined): number | undefined {
  return item === undefined ? undefined : run.items.indexOf(item);
}

function isExact(found: FirstDivergence | undefined, expected: Places | undefined, eitherSide: boolean): boolean {
  if (!found || !expected) return found === undefined && expected === undefined;
  return eitherSide
    ? (expected.a !== undefined && found.a === expected.a) || (expected.b !== undefined && found.b === expected.b)
    : found.a === expected.a && found.b === expected.b;
}

function placesText(places: Places | undefined): string {
  return places === undefined ? 'none' : `a ${places.a ?? '–'} b ${places.b ?? '–'}`;
}

export function summary(
  label: string,
  of: readonly CaseResult[],
): { readonly f1: number; readonly divergence: number } {
  const sum = (figure: (result: CaseResult) => number): number =>
    of.reduce((total, result) => total + figure(result), 0);
  const precision = sum(({ right }) => right) / sum(({ found }) => found);
  const recall = sum(({ right }) => right) / sum(({ wanted }) => wanted);
  const f1 = (2 * precision * recall) / (precision + recall);
  const divergence = sum(({ divergenceExact }) => Number(divergenceExact)) / of.length;
  console.log(
    `${label.padEnd(44)} ${String(of.length).padStart(5)} cases   precision ${precision.toFixed(4)}   recall ${recall.toFixed(4)}   F1 ${f1.toFixed(4)}   divergence exact ${divergence.toFixed(4)}`,
  );
  return { f1, divergence };
}

/** By kind of edit, by run, all together, and the ten worst cases. */
export function report(
  results: readonly CaseResult[],
  runs: number,
): { readonly f1: number; readonly divergence: number } {
  for (const kind of new Set(results.map((result) => result.kind)))
    summary(
      kind,
      results.filter((result) => result.kind === kind),
    );
  console.log('');
  for (const name of new Set(results.map(({ source }) => source)))
    summary(
      name,
      results.filter(({ source }) => source === name),
    );
  console.log('');
  const figures = summary(`all (${runs} source runs)`, results);
  const loss = (result: CaseResult): number =>
    (result.divergenceExact ? 0 : 1) +
    2 -
    result.right / Math.max(1, result.found) -
    result.right / Math.max(1, result.wanted);
  console.log('\nThe ten worst:');
  for (const result of results
    .toSorted((one, two) => loss(two) - loss(one))
    .slice(0, 10)
    .filter((item) => loss(item) > 0)) {
    console.log(
      `${result.source}, ${result.kind}, seed ${result.seed}: ${result.right} right of ${result.found} found, ${result.wanted} wanted; divergence ${result.detail}`,
    );
  }
  return figures;
}
