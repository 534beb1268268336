import { childrenOf, threadsOf } from './agent-plan.ts';
import type { AgentPlan, Text, ThreadPlan, TurnPlan } from './agent-plan.ts';
import type { ModelServer } from './model-server.ts';
import { tryAgent } from './trial.ts';
import type { JudgedRun, TrialChoice } from './trial.ts';

/** A found fault as it can be tried again: the agent, and what was done with it. */
export interface FoundFault {
  readonly plan: AgentPlan;
  readonly choice: TrialChoice;
  readonly kind: string;
}

const tryLimit = 400;

/** The smallest agent that still shows the same kind of fault. */
export async function shrink(plan: AgentPlan, run: JudgedRun, kind: string, model: ModelServer): Promise<FoundFault> {
  let tries = 0;
  const { edit } = run;
  let best: FoundFault = {
    plan,
    kind,
    choice: { runs: [run.name], ...(edit ? { fork: { path: edit.path, turn: edit.turn, kind: edit.kind } } : {}) },
  };

  async function shows(candidate: FoundFault): Promise<boolean> {
    tries++;
    try {
      const runs = await tryAgent(candidate.plan, model, candidate.choice);
      return runs.some(({ verdicts }) => verdicts.some((verdict) => verdict.kind === kind));
    } catch {
      return false;
    }
  }

  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const candidate of smaller(best)) {
      if (tries >= tryLimit) return best;
      if (await shows(candidate)) {
        best = candidate;
        isSmaller = true;
        break;
      }
    }
  }
  return best;
}

/** Each agent that is one step simpler, the greatest steps first. */
function* smaller(found: FoundFault): Generator<FoundFault> {
  const { plan, choice } = found;
  const withPlan = (stages: AgentPlan['stages'], more: Partial<FoundFault> = {}): FoundFault => ({
    ...found,
    ...more,
    plan: { ...plan, stages },
  });
  const replaced = (path: string, change: (thread: ThreadPlan) => ThreadPlan): FoundFault =>
    withPlan(plan.stages.map((stage) => stage.map((thread) => replace(thread, path, change))));

  for (const [at, stage] of plan.stages.entries()) {
    if (plan.stages.length > 1) yield withPlan(plan.stages.filter((_, index) => index !== at));
    if (stage.length > 1)
      for (const thread of stage)
        yield withPlan(plan.stages.map((one, index) => (index === at ? one.filter((other) => other !== thread) : one)));
  }
  for (const { path, turns } of threadsOf(plan)) {
    for (const [at, turn] of turns.entries()) {
      if (turn.kind === 'final') continue;
      const { fork } = choice;
      // A fork further on in the same thread is one turn earlier then.
      const moved =
        fork?.path === path && fork.turn > at ? { choice: { ...choice, fork: { ...fork, turn: fork.turn - 1 } } } : {};
      yield {
        ...replaced(path, (thread) => ({ ...thread, turns: thread.turns.filter((_, index) => index !== at) })),
        ...moved,
      };
    }
    for (const [at, turn] of turns.entries()) {
      const children = childrenOf(turn);
      if (children.length < 2) continue;
      for (const [index] of children.entries())
        yield replaced(path, (thread) => ({
          ...thread,
          turns: thread.turns.map((one, place) => (place === at ? without(one, index) : one)),
        }));
    }
  }
  for (const thread of threadsOf(plan)) {
    const { path } = thread;
    const simpler: readonly Partial<ThreadPlan>[] = [
      ...(thread.history.kind === 'whole' ? [] : [{ history: { kind: 'whole' } as const }]),
      ...(Object.keys(thread.failures).length === 0 ? [] : [{ failures: {} }]),
      ...(thread.reminder ? [{ reminder: undefined }] : []),
      ...(thread.stream ? [{ stream: false }] : []),
      ...(thread.wire === 'chat' ? [] : [{ wire: 'chat' } as const]),
      ...(thread.opening.length > 1 ? [{ opening: thread.opening.slice(-1) }] : []),
      ...(thread.system.length > 1 ? [{ system: thread.system.slice(0, 1) }] : []),
    ];
    for (const change of simpler) yield replaced(path, (one) => ({ ...one, ...change }));
    for (const [index, text] of thread.opening.entries())
      if (quieter(text).length < text.length)
        yield replaced(path, (one) => ({
          ...one,
          opening: one.opening.map((other, at) => (at === index ? quieter(other) : other)),
        }));
    for (const [at, turn] of thread.turns.entries()) {
      if (turn.kind !== 'tools') continue;
      if (turn.calls.length > 1)
        yield replaced(path, (one) => ({
          ...one,
          turns: one.turns.map((other, index) =>
            index === at && other.kind === 'tools' ? { ...other, calls: other.calls.slice(0, 1) } : other,
          ),
        }));
      if (
        turn.calls.some(
          ({ result }) =>
            result.length > 3 && result[1] !== undefined && typeof result[1] === 'object' && 'echo' in result[1],
        )
      )
        yield replaced(path, (one) => ({
          ...one,
          turns: one.turns.map((other, index) =>
            index === at && other.kind === 'tools'
              ? { ...other, calls: other.calls.map((call) => ({ ...call, result: call.result.slice(0, 3) })) }
              : other,
          ),
        }));
    }
  }
  if (plan.reaction !== 'ignores') yield { ...found, plan: { ...plan, reaction: 'ignores' } };
  if (plan.model !== 'repeats') yield { ...found, plan: { ...plan, model: 'repeats' } };
}

/** Without what only makes noise after the task. */
function quieter(text: Text): Text {
  const end = text.findLastIndex((piece) => typeof piece === 'object' && 'made' in piece && piece.made.includes('-'));
  return end === -1 ? text : text.slice(0, end - 1);
}

function without(turn: TurnPlan, index: number): TurnPlan {
  if (turn.kind === 'fan')
    return {
      ...turn,
      children: turn.children.filter((_, at) => at !== index),
      labels: turn.labels.filter((_, at) => at !== index),
    };
  return turn.kind === 'delegate' ? { ...turn, children: turn.children.filter((_, at) => at !== index) } : turn;
}

function replace(thread: ThreadPlan, path: string, change: (thread: ThreadPlan) => ThreadPlan): ThreadPlan {
  if (thread.path === path) return change(thread);
  return {
    ...thread,
    turns: thread.turns.map((turn) =>
      turn.kind === 'fan'
        ? { ...turn, children: turn.children.map((child) => replace(child, path, change)) }
        : turn.kind === 'delegate'
          ? { ...turn, children: turn.children.map((one) => ({ ...one, child: replace(one.child, path, change) })) }
          : turn,
    ),
  };
}
