import { sayRuns } from '../../../shared/model/comparison.ts';
import type { FirstDivergence } from '../../../shared/model/comparison.ts';
import { isDivergent } from './causes.ts';
import type { JudgedPair } from './causes.ts';
import type { ComparableStep } from './comparable-step.ts';
import { runA, runB, runWords, shortName } from './run-words.ts';

/**
 * The earliest pair that differs by itself. What only follows from another, retries and hidden steps are none; a run that only
 * had another model, parameters or tools, and then did the same, diverges in that.
 */
export function firstDivergence(
  pairs: readonly JudgedPair[],
  causes: readonly (number | undefined)[],
): FirstDivergence | undefined {
  const at = pairs.findIndex((pair, index) => isDivergent(pair) && causes[index] === undefined);
  const edited = pairs.findIndex((pair) => pair.edits !== undefined && pair.editedAt === undefined);
  // Where a take was changed is where the runs part, whether or not it made a difference.
  const found =
    edited >= 0 && (at < 0 || edited <= at)
      ? edited
      : at >= 0
        ? at
        : pairs.findIndex((pair) => pair.state === 'changed' && pair.editedAt === undefined);
  const pair = pairs[found];
  if (!pair) return undefined;
  const { what, words } =
    pair.edits === undefined ? describe(pair, endsWith(pairs, found)) : describeEdit(pairs, found, pair.edits);
  const step =
    pair.b === undefined
      ? `step ${pair.a ?? 0} of ${runA}`
      : pair.a === undefined
        ? `step ${pair.b} of ${runB}`
        : pair.a === pair.b
          ? `step ${pair.a}`
          : `step ${pair.a} of ${runA}, ${pair.b} of ${runB}`;
  const reason = runWords(`${step}: ${words}${settings(pair)}`);
  return { pair: found, a: pair.a, b: pair.b, what, reason: sayRuns(reason, { a: 'a', b: 'b' }), words: reason };
}

type Description = { readonly what: FirstDivergence['what']; readonly words: string };

function describe(pair: JudgedPair, ended: 'a' | 'b' | undefined): Description {
  const step = pair.stepA ?? pair.stepB;
  const subject = step ? nameOf(step) : 'a step';
  switch (pair.state) {
    case 'added':
      return ended === 'a'
        ? { what: 'ended', words: `${runA} had ended here; ${runB} goes on with ${subject}` }
        : { what: 'added', words: `only ${runB} has ${subject} here` };
    case 'removed':
      return ended === 'b'
        ? { what: 'ended', words: `${runB} had ended here; ${runA} goes on with ${subject}` }
        : { what: 'removed', words: `only ${runA} has ${subject} here` };
    case 'moved':
      return { what: 'moved', words: `${subject} comes at another place in ${runB}` };
    default:
      return step?.kind === 'llm' ? describeCall(pair) : describeOther(pair, subject);
  }
}

function describeCall({ stepA, stepB, differs }: JudgedPair): Description {
  if (differs.includes('error')) {
    if (stepA?.failed !== stepB?.failed)
      return {
        what: 'error',
        words: `the model call failed in ${stepA?.failed === true ? runA : runB} and was answered in ${stepA?.failed === true ? runB : runA}`,
      };
    return { what: 'error', words: 'the model call failed with another error' };
  }
  const sameContext = differs.includes('input')
    ? 'another'
    : stepA?.content.context?.normal === stepB?.content.context?.normal
      ? 'the same'
      : 'an earlier changed';
  if (differs.includes('output')) {
    const words = answerWords(stepA, stepB);
    if (sameContext !== 'another')
      return { what: 'answer', words: `the model answered ${sameContext} context ${words}` };
    return { what: 'context', words: `the model was given something else and answered ${words}` };
  }
  if (differs.includes('input'))
    return { what: 'context', words: 'the model was given something else and answered the same' };
  return settingDescription(differs, 'the model call');
}

/** What a person changed at this step, and what came of it. */
function describeEdit(pairs: readonly JudgedPair[], at: number, edits: string): Description {
  const pair = pairs[at];
  return { what: 'edit', words: pair === undefined ? edits : `${edits}${outcomeOf(pairs, pair, at)}` };
}

function outcomeOf(pairs: readonly JudgedPair[], pair: JudgedPair, at: number): string {
  const { stepA, stepB, differs, byHand = false } = pair;
  if (!stepA || !stepB) return '';
  if (stepA.failed !== stepB.failed)
    return `; the model call failed in ${stepA.failed ? runA : runB} and was answered in ${stepA.failed ? runB : runA}`;
  if (differs.includes('output')) {
    const words = answerWords(stepA, stepB);
    return `${byHand ? ', and differs' : '; the answer differs'}${words === otherText ? '' : ` (${words.replace(/^with /, '')})`}`;
  }
  if (stepA.content.output === undefined || stepB.content.output === undefined) return '';
  const later = pairs.findIndex(
    (other, index) =>
      index > at && isDivergent(other) && (other.differs.includes('output') || other.state !== 'changed'),
  );
  const step = pairs[later]?.b ?? pairs[later]?.a;
  return `; the answer is the same${step === undefined ? '' : `, the first that differs is step ${step}${pairs[later]?.b === undefined ? ` of ${runA}` : ''}`}`;
}

const otherText = 'with another text';

function answerWords(a: ComparableStep | undefined, b: ComparableStep | undefined): string {
  const callsA = a?.content.calls;
  const callsB = b?.content.calls;
  if (callsA === undefined || callsB === undefined || callsA.normal === callsB.normal) return otherText;
  const [none] = [noCalls];
  if (callsA.normal === none) return 'with tool calls instead of text alone';
  if (callsB.normal === none) return 'with text instead of tool calls';
  return 'with other tool calls';
}

/** What combineAspects gives for an answer without calls. */
const noCalls = '=';

function describeOther({ stepA, stepB, differs }: JudgedPair, subject: string): Description {
  if (differs.includes('arguments')) return { what: 'arguments', words: `${subject} was called with other arguments` };
  if (differs.includes('error') && stepA?.failed !== stepB?.failed)
    return { what: 'error', words: `${subject} failed in ${stepA?.failed === true ? runA : runB} only` };
  if (differs.includes('result') || differs.includes('output'))
    return { what: 'result', words: `${subject} was given the same and gave another result` };
  if (differs.includes('error')) return { what: 'error', words: `${subject} failed with another error` };
  if (differs.includes('input')) return { what: 'context', words: `${subject} was given something else` };
  return settingDescription(differs, subject);
}

function settingDescription(differs: JudgedPair['differs'], subject: string): Description {
  if (differs.includes('model')) return { what: 'model', words: `${subject} used another model and did the same` };
  if (differs.includes('tools')) return { what: 'tools', words: `${subject} was offered other tools and did the same` };
  return { what: 'parameters', words: `${subject} had other parameters and did the same` };
}

/** What else was set up differently at this step, which may be why. */
function settings({ stepA, stepB, differs, state }: JudgedPair): string {
  if (state !== 'changed' || !differs.some((difference) => difference === 'output' || difference === 'error'))
    return '';
  const reasons: string[] = [];
  if (differs.includes('model'))
    reasons.push(`${shortName(stepB?.model ?? '')} instead of ${shortName(stepA?.model ?? '')}`);
  if (differs.includes('parameters')) reasons.push('other parameters');
  if (differs.includes('tools')) reasons.push('other tools offered');
  return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
}

/** The run that has no step of its own from here on. */
function endsWith(pairs: readonly JudgedPair[], from: number): 'a' | 'b' | undefined {
  const rest = pairs
    .slice(from)
    .filter(({ stepA, stepB, state }) => (stepA ?? stepB)?.hidden !== true && state !== 'retry');
  if (rest.every(({ a }) => a === undefined)) return 'a';
  return rest.every(({ b }) => b === undefined) ? 'b' : undefined;
}

function nameOf(step: ComparableStep): string {
  switch (step.kind) {
    case 'llm':
      return 'a model call';
    case 'tool':
      return `the tool call ${shortName(step.name)}`;
    case 'agent':
      return `the agent ${shortName(step.name)}`;
    default:
      return `${step.kind} ${shortName(step.name)}`;
  }
}
