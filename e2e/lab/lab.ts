import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandLine } from '../corpus/served-library.ts';
import { frameworkAgents, prepareEnvironment } from '../frameworks/environments.ts';
import { keepPlayed, playAgain } from './kept.ts';
import { pageOf, tableOf } from './lab-table.ts';
import type { Row } from './lab-table.ts';
import { pairs } from './pair-list.ts';
import type { Pair } from './pair.ts';
import { judgePlayed, playScenario } from './run-pair.ts';
import type { Outcome, Played } from './run-pair.ts';

/**
 * `npm run lab -- [PART OF A NAME…] [--cache FOLDER] [--seeds N] [--keep FOLDER] [--again FOLDER] [--page]`: real clients under real instrumentations,
 * installed outside the repository, against a scripted model; what Retake shows of each run beside what the server saw and billed. Run by hand.
 * `--again FOLDER`: what was kept there is read again, no client is started. Prints a table (`--page`: writes .github/LAB.md); ends with status 1 where a figure is wrong and nothing says so.
 */
const words = process.argv.slice(2);
const take = (option: string): string | undefined => {
  const at = words.indexOf(option);
  return at === -1 ? undefined : words.splice(at, 2)[1];
};
const cache = resolve(take('--cache') ?? join(tmpdir(), 'retake-frameworks'));
const seeds = Number(take('--seeds') ?? '4');
const keep = take('--keep');
const again = take('--again');
const isPage = words.includes('--page') && words.splice(words.indexOf('--page'), 1).length > 0;
const page = fileURLToPath(new URL('../../.github/LAB.md', import.meta.url));
const labAgents = fileURLToPath(new URL('agents/', import.meta.url));
const chosen = pairs.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase())),
);
mkdirSync(cache, { recursive: true });

const line = new CommandLine();
const rows: Row[] = [];
try {
  const { http } = await line.serve();
  const receiver = `http://127.0.0.1:${http}`;
  // A pair is judged once the next one has been played: its runs have ended by then.
  let before: { readonly pair: Pair; readonly played: readonly Played[] } | undefined;
  const judgeBefore = async (): Promise<void> => {
    if (!before) return;
    const { pair, played } = before;
    before = undefined;
    const outcomes: Outcome[] = [];
    for (const one of played) outcomes.push(await judgePlayed(one, line, keep && resolve(keep)));
    rows.push({ pair, outcomes });
    console.log(pair.name);
    for (const [at, outcome] of outcomes.entries())
      console.log(`  ${[...(played[at]?.scenario.features ?? [])].join(' ')}\n${wordsOf(outcome)}`);
  };
  for (const pair of chosen) {
    if (again !== undefined) {
      await judgeBefore();
      const played: Played[] = [];
      for (let seed = 1; seed <= seeds; seed++) {
        const one = await playAgain(resolve(again), pair, String(seed), receiver);
        if (one) played.push(one);
      }
      before = { pair, played };
      continue;
    }
    const environment = await prepareEnvironment(pair, cache, [frameworkAgents, labAgents]);
    const played: Played[] = [];
    if (environment.kind === 'ready') {
      const { folder, interpreter } = environment;
      const starter = join(folder, pair.language === 'python' ? 'instrumented.py' : 'instrumented.mjs');
      const command = [
        interpreter,
        starter,
        pair.instruments.join(','),
        join(folder, pair.agent),
        ...(pair.words ?? []),
      ];
      for (let seed = 1; seed <= seeds; seed++) {
        const one = await playScenario(pair, String(seed), command, receiver);
        if (keep !== undefined) keepPlayed(resolve(keep), one);
        played.push(one);
      }
    }
    await judgeBefore();
    if (environment.kind === 'refused') {
      rows.push({ pair, outcomes: [{ kind: 'broken', reason: `not installed: ${environment.reason}` }] });
      console.log(`${pair.name}\n  not installed: ${environment.reason}`);
    } else before = { pair, played };
  }
  await judgeBefore();
} finally {
  await line.remove();
}
const table = tableOf(rows);
console.log(`\n${table}`);
if (isPage) writeFileSync(page, pageOf(rows, new Date().toISOString().slice(0, 10), seeds));
process.exitCode = table.includes('WRONG') ? 1 : 0;

function wordsOf(outcome: Outcome): string {
  if (outcome.kind === 'broken') return `     ${outcome.reason}`;
  const odd = Object.entries(outcome.verdict).filter(([, { state }]) => state !== 'equal');
  return odd.length === 0
    ? '     all equal'
    : odd.map(([column, { state, note }]) => `     ${column} ${state}: ${note}`).join('\n');
}
