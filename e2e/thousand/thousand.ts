import { generateAgent } from './generate-agent.ts';
import { startModelServer } from './model-server.ts';
import { storyOf } from './story.ts';
import { createTally, printTally } from './tally.ts';
import { tryAgent } from './trial.ts';

/** `node e2e/thousand/thousand.ts [FROM] [COUNT]`: agents nobody wrote. With a single number, one agent with its story. Ends with status 1 at a lie. */
const [from = '1', count = '1'] = process.argv.slice(2);
const model = await startModelServer();
const tally = createTally();
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const plan = generateAgent(String(seed));
  try {
    for (const run of await tryAgent(plan, model)) {
      tally.add(seed, run);
      if (count === '1') console.log(storyOf(plan, run));
    }
  } catch (error) {
    tally.broke(seed, error);
  }
}
await model.close();
printTally(tally, console.log);
process.exitCode = tally.lies === 0 && tally.isHeldLittle ? 0 : 1;
