import type { Difference } from '../../../shared/model/comparison.ts';
import type { ComparableStep, StepAspects } from './comparable-step.ts';
import { rulesBetween } from './normalise.ts';
import type { Aspect } from './normalise.ts';
import type { RuleName } from './rules.ts';

const compared: readonly (readonly [Difference, keyof StepAspects])[] = [
  ['input', 'input'],
  ['output', 'output'],
  ['arguments', 'arguments'],
  ['result', 'result'],
  ['parameters', 'parameters'],
  ['tools', 'tools'],
];

export interface StepComparison {
  readonly differs: readonly Difference[];
  /** Rules without which the two would differ. */
  readonly ignored: readonly RuleName[];
}

/** In what two steps differ. What one side did not send neither equals nor differs; hidden steps are not looked into. */
export function compareSteps(a: ComparableStep, b: ComparableStep): StepComparison {
  if (a.hidden || b.hidden) return { differs: [], ignored: [] };
  const differs: Difference[] = [];
  const ignored = new Set<RuleName>();
  const look = (difference: Difference, left: Aspect | undefined, right: Aspect | undefined): void => {
    if (left === undefined || right === undefined) return;
    if (left.normal !== right.normal) differs.push(difference);
    else for (const rule of rulesBetween(left, right)) ignored.add(rule);
  };
  for (const [difference, aspect] of compared) look(difference, a.content[aspect], b.content[aspect]);
  // Where one side's answer is not known whole, its calls may be.
  if (a.content.output === undefined || b.content.output === undefined)
    look('output', a.content.calls, b.content.calls);
  if (callsModel(a) && a.model !== undefined && b.model !== undefined && a.model !== b.model) differs.push('model');
  if (a.failed !== b.failed) {
    differs.push('error');
    // A call that failed answered nothing.
    const oneAnswered = (a.content.output === undefined) !== (b.content.output === undefined);
    if (a.kind === 'llm' && oneAnswered && !differs.includes('output')) differs.push('output');
  } else look('error', a.content.error, b.content.error);
  return { differs, ignored: [...ignored] };
}

/** An agent's model is that of its calls. */
function callsModel({ kind }: ComparableStep): boolean {
  return kind === 'llm' || kind === 'embedding' || kind === 'rerank';
}

/** How a run is set up, not what happens in it: another model that does the same is no divergence. */
export function isSettingOnly(differs: readonly Difference[]): boolean {
  return (
    differs.length > 0 &&
    differs.every((difference) => difference === 'model' || difference === 'parameters' || difference === 'tools')
  );
}
