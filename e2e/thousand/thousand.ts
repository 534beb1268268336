import { mkdirSync, writeFileSync } from 'node:fs';
import { generateAgent } from './generate-agent.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { shrink } from './shrink.ts';
import { storyOf } from './story.ts';
import { createTally, printTally } from './tally.ts';
import { tryAgent } from './trial.ts';

/**
 * `npm run thousand -- FROM COUNT`: agents nobody wrote, judged; ends with status 1 at a lie. With one number only: the story of that
 * agent. With `--shrink FOLDER`: the smallest agent for each kind of fault, as a story and as a file that a test can read.
 */
const words = process.argv.slice(2);
const shrinkAt = words.indexOf('--shrink');
const folder = shrinkAt === -1 ? undefined : words.splice(shrinkAt, 2)[1];
const [from = '1', count = '1'] = words;
const model = await startModelServer();
const tally = createTally();
const shown = new Set<string>();

async function showSmallest(seed: number, kind: string, name: string, server: ModelServer): Promise<void> {
  const plan = generateAgent(String(seed));
  const run = (await tryAgent(plan, server)).find((one) => one.name === name);
  if (!run || folder === undefined) return;
  const found = await shrink(plan, run, kind, server);
  const runs = await tryAgent(found.plan, server, found.choice);
  const file = `${folder}/${kind.replaceAll(/[^a-z]+/gi, '-').slice(0, 60)}-${seed}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.txt`, runs.map((one) => storyOf(found.plan, one)).join('\n'));
  writeFileSync(`${file}.json`, JSON.stringify(found, undefined, 1));
}

for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const plan = generateAgent(String(seed));
  try {
    const runs = await tryAgent(plan, model);
    for (const run of runs) {
      tally.add(seed, run);
      if (count === '1') console.log(storyOf(plan, run));
      for (const { outcome, kind } of run.verdicts)
        if (folder !== undefined && (outcome === 'lie' || outcome === 'held') && !shown.has(kind)) {
          shown.add(kind);
          await showSmallest(seed, kind, run.name, model);
        }
    }
  } catch (error) {
    tally.broke(seed, error);
  }
}
await model.close();
printTally(tally, console.log);
process.exitCode = tally.lies === 0 && tally.isHeldLittle ? 0 : 1;
