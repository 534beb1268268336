import { kindRows } from '../thousand/kind-rows.ts';
import { startModelServer } from '../thousand/model-server.ts';
import type { Outcome } from '../thousand/oracle.ts';
import { tryAgent } from '../thousand/trial.ts';

/**
 * `node e2e/bench/rerun-kinds.ts [SEEDS] [WORD]`: re-runs of the kinds that are known to break, by an oracle that knows the true identity of each
 * call. Ends with status 1 where a call got a wrong answer, an edit was lost unsaid, or a call was held whose answer is known. `WORD`: the rows with it.
 */
const seeds = Number(process.argv[2] ?? 20);
const only = process.argv[3] ?? '';

const columns: readonly Outcome[] = ['right', 'said', 'conservative', 'held', 'held-open', 'lie'];
const model = await startModelServer();
const lines: (readonly string[])[] = [['kind', 're-runs', ...columns.map((name) => (name === 'lie' ? 'wrong' : name))]];
const faults = new Map<string, number>();
let missed = false;
for (const { name, make, choices } of kindRows.filter((row) => row.name.includes(only))) {
  const counts = new Map<Outcome, number>();
  let runs = 0;
  for (let seed = 1; seed <= seeds; seed++)
    for (const choice of choices)
      for (const { verdicts } of await tryAgent(make(seed), model, choice)) {
        runs++;
        for (const { outcome, kind } of verdicts) {
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
          if (outcome === 'lie' || outcome === 'held')
            faults.set(`${name}: ${outcome}, ${kind}`, (faults.get(`${name}: ${outcome}, ${kind}`) ?? 0) + 1);
        }
      }
  lines.push([name, String(runs), ...columns.map((outcome) => String(counts.get(outcome) ?? 0))]);
  missed ||= (counts.get('lie') ?? 0) > 0 || (counts.get('held') ?? 0) > 0;
}
await model.close();
const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
for (const line of lines) console.log(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
if (missed) {
  for (const [words, count] of faults) console.error(`${count}  ${words}`);
  console.error('A call got a wrong answer, an edit was lost, or a call was held whose answer is known.');
  process.exitCode = 1;
}
