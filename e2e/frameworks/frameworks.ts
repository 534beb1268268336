import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { frameworkAgents, prepareEnvironment } from './environments.ts';
import { frameworks } from './framework-list.ts';
import { tableOf } from './table.ts';
import type { Row } from './table.ts';
import { tryFramework } from './trial.ts';

/**
 * `npm run frameworks -- [PART OF A NAME…] [--cache FOLDER] [--table FILE]`: agents on frameworks that are not among the project's packages,
 * installed outside the repository (FACTS.md, Frameworks tried). Run by hand: it downloads, and takes about a minute for each. Prints a table; ends with status 1
 * where something was wrong and nothing said so.
 */
const words = process.argv.slice(2);
const take = (option: string): string | undefined => {
  const at = words.indexOf(option);
  return at === -1 ? undefined : words.splice(at, 2)[1];
};
const cache = resolve(take('--cache') ?? join(tmpdir(), 'retake-frameworks'));
const tableFile = take('--table');
const chosen = frameworks.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase())),
);
mkdirSync(cache, { recursive: true });

const rows: Row[] = [];
for (const framework of chosen) {
  console.log(framework.name);
  const environment = await prepareEnvironment(framework, cache, [frameworkAgents]);
  if (environment.kind === 'refused') {
    console.log(`  not installed: ${environment.reason}`);
    rows.push({ framework, outcome: environment.reason });
    continue;
  }
  const command = [environment.interpreter, join(environment.folder, framework.agent), ...(framework.words ?? [])];
  const outcome = await tryFramework(framework, command, console.log);
  rows.push({ framework, outcome });
  console.log(tableOf(rows.slice(-1)).split('\n').at(-1));
}
const table = tableOf(rows);
console.log(`\n${table}`);
if (tableFile !== undefined) writeFileSync(tableFile, `${table}\n`);
process.exitCode = rows.some(
  ({ outcome }) =>
    typeof outcome !== 'string' &&
    [outcome.record, outcome.replay, outcome.resume, ...Object.values(outcome.edits)].some(
      ({ state }) => state === 'wrong',
    ),
)
  ? 1
  : 0;
