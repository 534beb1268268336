import type { ComparableStep } from './comparable-step.ts';
import { toolName } from './step-keys.ts';

/**
 * Steps that only tried again: attempts of a call that failed before the one that answered, and failed tool calls that were repeated
 * as they were and then worked, with the llm steps that only asked for such a repetition. Indices.
 */
export function findRetries(steps: readonly ComparableStep[]): ReadonlySet<number> {
  const retries = new Set<number>();
  for (const index of failedAttempts(steps)) retries.add(index);
  for (const index of repeatedTools(steps)) retries.add(index);
  return retries;
}

/** A failed llm step, if the next llm step of the same agent was given the same (or, with nothing known of it, follows at once). */
function failedAttempts(steps: readonly ComparableStep[]): number[] {
  const attempts: number[] = [];
  const waiting = new Map<string, ComparableStep[]>();
  for (const step of steps) {
    if (step.hidden) continue;
    const agent = step.agent ?? '';
    if (step.kind !== 'llm') {
      if (step.kind === 'tool' || step.kind === 'agent') waiting.delete(agent);
      continue;
    }
    const failed = waiting.get(agent) ?? [];
    const same = failed.filter((attempt) => sameGiven(attempt, step));
    if (step.failed) {
      // What is too long is not asked again as it was: what follows is a shorter context, or the call that makes it shorter.
      waiting.set(agent, step.overflowed ? same : [...same, step]);
      continue;
    }
    for (const attempt of same) attempts.push(attempt.index);
    waiting.delete(agent);
  }
  return attempts;
}

function sameGiven(attempt: ComparableStep, answered: ComparableStep): boolean {
  const before = attempt.content.context?.normal;
  const after = answered.content.context?.normal;
  return before === undefined || after === undefined || before === after;
}

function repeatedTools(steps: readonly ComparableStep[]): number[] {
  const laterSuccess = new Map<string, number>();
  const repeated: number[] = [];
  const replaced = new Set<number>();
  for (const step of steps.toReversed()) {
    if (step.hidden || step.kind !== 'tool' || step.content.arguments === undefined) continue;
    const key = `${step.agent ?? ''}\n${toolName(step)}\n${step.content.arguments.normal}`;
    if (!step.failed) laterSuccess.set(key, step.index);
    else if (laterSuccess.has(key)) {
      repeated.push(step.index);
      replaced.add(step.index);
    }
  }
  if (repeated.length === 0) return [];
  return [...repeated, ...askedAgainOnly(steps, replaced)];
}

/** llm steps whose calls all repeat what failed in the answer before. */
function askedAgainOnly(steps: readonly ComparableStep[], failed: ReadonlySet<number>): number[] {
  const toolsOf = new Map<number, ComparableStep[]>();
  for (const step of steps) {
    if (step.kind !== 'tool' || step.requestedBy === undefined) continue;
    const tools = toolsOf.get(step.requestedBy);
    if (tools) tools.push(step);
    else toolsOf.set(step.requestedBy, [step]);
  }
  const failedKeys = new Set([...failed].flatMap((index) => (steps[index] ? [callKey(steps[index])] : [])));
  return [...toolsOf].flatMap(([llm, tools]) =>
    tools.every(
      (tool) =>
        failedKeys.has(callKey(tool)) &&
        [...failed].some(
          (index) => index < llm && index !== tool.index && steps[index] && callKey(steps[index]) === callKey(tool),
        ),
    )
      ? [llm]
      : [],
  );
}

function callKey(step: ComparableStep): string {
  return `${step.agent ?? ''}\n${toolName(step)}\n${step.content.arguments?.normal ?? ''}`;
}
