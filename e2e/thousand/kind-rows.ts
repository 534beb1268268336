import type { AgentPlan } from './agent-plan.ts';
import { fanOutAgent, idMakers, orderModes, ordersAgent } from './known-kinds.ts';
import { shapes } from './shapes.ts';
import type { TrialChoice } from './trial.ts';

/** A kind of agent that re-runs are known to break on, with the re-runs that each of its seeds is tried by. */
export interface KindRow {
  readonly name: string;
  readonly make: (seed: number) => AgentPlan;
  readonly choices: readonly TrialChoice[];
}

const editsOf = (path: string, turn: number): readonly TrialChoice[] =>
  (['system', 'system-sentence', 'user', 'assistant', 'result', 'model'] as const).map((kind) => ({
    runs: ['causal'],
    fork: { path, turn, kind },
  }));
const replay: TrialChoice = { runs: ['replay'] };
const ofSubAgent: TrialChoice = { runs: ['causal'], fork: { path: '0.0.2', turn: 1, kind: 'result' } };

const row = (name: string, make: (seed: string) => AgentPlan, choices: readonly TrialChoice[]): KindRow => ({
  name,
  make: (seed) => make(`${name}/${seed}`),
  choices,
});

/** Histories that an agent makes anew, in a wire format whose results have no ids. */
const withoutIds = ['trimmed', 'shortened', 'summarised'] as const;

/**
 * One thread with edits in every way that agents send their history; parallel sub-agents with keys of every shape, made by everyone who
 * makes keys.
 */
export const kindRows: readonly KindRow[] = [
  ...orderModes.map((mode) => row(`orders, ${mode}`, (seed) => ordersAgent(mode, seed), [replay, ...editsOf('0', 2)])),
  ...withoutIds.map((mode) =>
    row(`orders, ${mode}, Gemini`, (seed) => ordersAgent(mode, seed, 'gemini'), [replay, ...editsOf('0', 2)]),
  ),
  ...(['word', ...shapes] as const).map((shape) =>
    row(`fan-out, key ${shape}`, (seed) => fanOutAgent({ shape, by: 'stable' }, seed), [replay, ofSubAgent]),
  ),
  ...idMakers.flatMap((by) =>
    (['uuid4', 'order', 'date'] as const).map((shape) =>
      row(`fan-out, ${shape} by ${by}`, (seed) => fanOutAgent({ shape, by }, seed), [replay]),
    ),
  ),
  ...(['word', 'uuid4', 'epoch'] as const).map((shape) =>
    row(`fan-out of fan-outs, key ${shape}`, (seed) => fanOutAgent({ shape, by: 'stable', depth: 2 }, seed), [
      replay,
      ofSubAgent,
    ]),
  ),
  ...(['word', 'uuid4'] as const).map((shape) =>
    row(`fan-out, retries inside, key ${shape}`, (seed) => fanOutAgent({ shape, by: 'stable', retries: true }, seed), [
      replay,
      ofSubAgent,
    ]),
  ),
];
