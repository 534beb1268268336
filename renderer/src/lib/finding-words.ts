import { assertNever } from '../../../shared/model/assert-never.ts';
import type { FindingFacts, FindingKind } from '../../../shared/model/finding.ts';
import { causeWords } from './context-words.ts';
import { formatDuration, formatQuantity, formatShare, formatTokens } from './format.ts';

const kinds: Readonly<Record<FindingKind, string>> = {
  repeat: 'same call again',
  'failed-repeat': 'failed and repeated',
  'carried-unused': 'carried and unused',
  'cache-lost': 'cache lost',
  'tools-never-called': 'tools never called',
  waited: 'long wait',
  'near-limit': 'context near its limit',
  dominates: 'one step dominates',
  credential: 'credential',
};

export const findingKindWord = (kind: FindingKind): string => kinds[kind];

export interface FindingWords {
  readonly title: string;
  /** Beside the title: figures. */
  readonly detail: string;
  readonly why: string;
}

export function findingWords(facts: FindingFacts): FindingWords {
  switch (facts.kind) {
    case 'repeat':
      return facts.calls.length === 1
        ? {
            title: `${facts.calls[0] ?? 'A tool'} gave the same result ${facts.times} times`,
            detail: '',
            why: `Same call, same result, one after the other: ${facts.result}`,
          }
        : {
            title: `A round of ${facts.calls.length} calls was made ${facts.times} times`,
            detail: '',
            why: `${facts.calls.join(', ')}: same calls, same results.`,
          };
    case 'failed-repeat':
      return {
        title: `${facts.call} failed and was repeated unchanged`,
        detail: `${facts.times} times`,
        why: `It failed in the same way: ${facts.error}`,
      };
    case 'carried-unused':
      return {
        title: `A result of ${facts.label} was carried and never used`,
        detail: `${formatTokens(facts.tokens)} tokens × ${formatQuantity(facts.calls, 'call')} · ${formatShare(facts.share, 1)} of all input`,
        why: `No later answer, thought or argument holds a word that only this result has. ${facts.preview}`,
      };
    case 'cache-lost':
      return {
        title: facts.times === 1 ? 'Cache lost' : `Cache lost ${facts.times} times`,
        detail: `${formatTokens(facts.matched)} of ${formatTokens(facts.expected)} matched`,
        why: `${sentence(causeWords(facts.cause))}.`,
      };
    case 'tools-never-called':
      return {
        title:
          facts.names.length === facts.offered
            ? `None of ${formatQuantity(facts.offered, 'tool definition')} was called`
            : `${facts.names.length} of ${facts.offered} tool definitions never called`,
        detail: `${formatTokens(facts.tokens)} tokens × ${formatQuantity(facts.calls, 'call')}`,
        why: facts.names.join(', '),
      };
    case 'waited':
      return {
        title: waitTitle(facts.on, facts.name),
        detail: `${formatDuration(facts.ms)} of ${formatDuration(facts.ofMs)}`,
        why:
          facts.on === 'framework' && facts.name === ''
            ? 'In this time neither a model nor a tool was at work: it went into the program between them.'
            : `${formatShare(facts.ms, facts.ofMs)} of the time that the run took.`,
      };
    case 'near-limit':
      return {
        title: facts.overflowed ? 'The context did not fit' : 'The context is near its limit',
        detail:
          facts.window > 0 && facts.tokens > 0
            ? `${formatTokens(facts.tokens)} of ${formatTokens(facts.window)} tokens`
            : '',
        why: facts.overflowed
          ? `${facts.model} refused the call because it was too long.`
          : `Beyond this ${facts.model} refuses the call, or the client compacts and forgets.`,
      };
    case 'dominates':
      return {
        title: `One call is ${formatShare(facts.share, 1)} of the ${facts.of === 'cost' ? 'cost' : 'tokens'}`,
        detail: facts.name,
        why: 'All other calls of the run together took less.',
      };
    case 'credential':
      return {
        title: `${facts.what} in the trace`,
        detail: facts.begins === '' ? `in ${facts.where}` : `${facts.begins}… in ${facts.where}`,
        why: `It stands in ${formatQuantity(facts.places, 'step')}. Who has the trace has it: replace it, and leave it out before you share the run.`,
      };
    default:
      return assertNever(facts, 'finding');
  }
}

function waitTitle(on: 'model' | 'tool' | 'framework' | 'person', name: string): string {
  switch (on) {
    case 'model':
      return `Most of the time was one answer of ${name}`;
    case 'tool':
      return `Most of the time was one call of ${name}`;
    case 'person':
      return 'Most of the time a person was waited for';
    case 'framework':
      return name === '' ? 'Much of the time nothing was called' : `Much of the time was ${name}`;
    default:
      return assertNever(on, 'wait');
  }
}

export const sentence = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
