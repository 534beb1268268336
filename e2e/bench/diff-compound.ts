import { compoundKinds, longKinds } from './diff-compound-cases.ts';
import { judge, readSources, report, seeded } from './diff-judge.ts';
import type { CaseResult } from './diff-judge.ts';

/**
 * `node e2e/bench/diff-compound.ts`: what the benchmark of known edits leaves out, written by another hand and without the aligner at hand: edits
 * combined, sub-agents, loops word by word, forks, retries, noise, runs of 500 steps and more. RETAKE_BENCH_CASES sets the number of cases per run and
 * kind, RETAKE_BENCH_KIND one kind alone.
 */
const casesEach = Number(process.env['RETAKE_BENCH_CASES'] ?? 4);
const only = process.env['RETAKE_BENCH_KIND'];
const goals = { f1: 0.98, divergence: 0.97 };

const runs = readSources();
const results: CaseResult[] = [];
for (const [number, { name, run }] of runs.entries()) {
  for (const [kinds, each, base] of [
    [compoundKinds, casesEach, 0],
    [longKinds, 1, 5_000],
  ] as const) {
    for (const [kindNumber, [kind, edit]] of Object.entries(kinds).entries()) {
      if (only !== undefined && only !== kind) continue;
      for (let round = 0; round < each; round++) {
        const seed = 1_000_000 + number * 10_000 + base + kindNumber * 100 + round;
        const made = edit(run, seeded(seed));
        if (made) results.push(judge(name, kind, seed, made));
      }
    }
  }
}
const { f1, divergence } = report(results, runs.length);
const met = f1 >= goals.f1 && divergence >= goals.divergence;
console.log(`\n${met ? 'met' : 'NOT MET'}: F1 ≥ ${goals.f1}, divergence ≥ ${goals.divergence}`);
process.exitCode = met ? 0 : 1;
