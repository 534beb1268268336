import { editKinds } from './diff-cases.ts';
import { judge, readSources, report, seeded } from './diff-judge.ts';
import type { CaseResult } from './diff-judge.ts';

/**
 * `node e2e/bench/diff-known-edits.ts`: recorded runs edited in known ways, compared, and held against what was done: precision and
 * recall of the pairs, and how often the first divergence is exactly the edit. Prints the ten worst cases. RETAKE_BENCH_CASES sets the
 * number of cases per run and kind of edit.
 */
const casesEach = Number(process.env['RETAKE_BENCH_CASES'] ?? 5);
const goals = { f1: 0.98, divergence: 0.97, cases: 500, runs: 8 };

const runs = readSources();
const results: CaseResult[] = [];
for (const [number, { name, run }] of runs.entries()) {
  for (const [kindNumber, [kind, edit]] of Object.entries(editKinds).entries()) {
    for (let round = 0; round < casesEach; round++) {
      const seed = number * 10_000 + kindNumber * 100 + round;
      const made = edit(run, seeded(seed));
      if (made) results.push(judge(name, kind, seed, made));
    }
  }
}
const { f1, divergence } = report(results, runs.length);
const met =
  f1 >= goals.f1 && divergence >= goals.divergence && results.length >= goals.cases && runs.length >= goals.runs;
console.log(
  `\n${met ? 'met' : 'NOT MET'}: F1 ≥ ${goals.f1}, divergence ≥ ${goals.divergence}, ≥ ${goals.cases} cases over ≥ ${goals.runs} runs`,
);
process.exitCode = met ? 0 : 1;
