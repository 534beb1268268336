import { assertNever } from '../../../../shared/model/assert-never.ts';
import { sayRuns } from '../../../../shared/model/comparison.ts';
import type { Difference, PairState, StepPair } from '../../../../shared/model/comparison.ts';

/** How the two runs are called: `take 1`, `take 2` in one family, else by what tells them apart (step-figures.ts). */
export interface SideNames {
  readonly a: string;
  readonly b: string;
}

export function stateWord(state: PairState): string {
  switch (state) {
    case 'same':
      return 'same';
    case 'changed':
      return 'changed';
    case 'added':
      return 'added';
    case 'removed':
      return 'removed';
    case 'moved':
      return 'moved';
    case 'retry':
      return 'retry';
    default:
      return assertNever(state, 'state');
  }
}

const differenceWords: { readonly [Name in Difference]: string } = {
  input: 'context',
  output: 'answer',
  arguments: 'arguments',
  result: 'result',
  model: 'model',
  parameters: 'parameters',
  tools: 'offered tools',
  error: 'error',
};

function differenceNames(differs: readonly Difference[]): readonly string[] {
  return differs.map((one) => differenceWords[one]);
}

/** `answer and parameters differ`; empty when nothing does. */
export function differsWords(differs: readonly Difference[]): string {
  if (differs.length === 0) return '';
  const words = differenceNames(differs);
  const last = words.at(-1) ?? '';
  const list = words.length === 1 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
  const isPlural = words.length > 1 || last.endsWith('s');
  return `${list} ${isPlural ? 'differ' : 'differs'}`;
}

/** The state of a pair in few words, for its row. */
export function pairWords(pair: StepPair, names: SideNames): string {
  if (pair.edits !== undefined) return editedWords(pair, sayRuns(pair.edits, names));
  switch (pair.state) {
    case 'same':
      return pair.ignored.length > 0 ? 'same, rules applied' : 'same';
    case 'changed':
      return `changed: ${differenceNames(pair.differs).join(', ') || 'content'}`;
    case 'added':
      return `added · only in ${names.b}`;
    case 'removed':
      return `removed · only in ${names.a}`;
    case 'moved':
      return pair.differs.length === 0
        ? 'moved · same content'
        : `moved · changed: ${differenceNames(pair.differs).join(', ')}`;
    case 'retry': {
      if (pair.a === undefined) return `retry · only ${names.b} needed it`;
      if (pair.b === undefined) return `retry · only ${names.a} needed it`;
      return 'retry · absorbed';
    }
    default:
      return assertNever(pair.state, 'state');
  }
}

/** What a take changed comes first; that the context differs by it goes without saying. */
function editedWords(pair: StepPair, edits: string): string {
  if (pair.state === 'added' || pair.state === 'removed') return `${edits} · ${pair.state}`;
  const rest = pair.cause === undefined ? pair.differs.filter((one) => one !== 'input') : [];
  return rest.length === 0 ? edits : `${edits} · ${differsWords(rest)}`;
}

/** `6 changed · 2 added · 1 removed`, in the order of the states. */
export function countWords(pairs: readonly StepPair[]): string {
  const counts = new Map<PairState, number>();
  for (const pair of pairs) counts.set(pair.state, (counts.get(pair.state) ?? 0) + 1);
  const order: readonly PairState[] = ['changed', 'added', 'removed', 'moved', 'retry', 'same'];
  return order
    .filter((state) => counts.has(state))
    .map((state) => `${counts.get(state) ?? 0} ${stateWord(state)}`)
    .join(' · ');
}
