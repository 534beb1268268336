import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { DiffBlock, PairDifference } from '../../../../shared/model/comparison.ts';
import type { IconKind } from '../../ui/kind-icon.tsx';

/** The picture of a block: what it is a part of. */
export function blockIcon(block: DiffBlock): IconKind {
  switch (block.part) {
    case 'tool_call':
    case 'tool_result':
    case 'arguments':
    case 'result':
    case 'definition':
      return 'tool';
    case 'text':
    case 'reasoning':
    case 'media':
    case 'unknown':
    case 'error':
      return roleIcon(block.role);
    default:
      return assertNever(block.part, 'part');
  }
}

function roleIcon(role: string | undefined): IconKind {
  switch (role) {
    case 'user':
      return 'human';
    case 'system':
    case 'developer':
      return 'chain';
    case 'tool':
    case 'function':
      return 'tool';
    default:
      return 'llm';
  }
}

export interface BlockGroup {
  readonly title: string;
  readonly blocks: readonly DiffBlock[];
}

/** All that differs, what the step did before what it was given: error, answer, arguments, result, new messages, tools. */
export function differingGroups(difference: PairDifference, isContextFirst = false): readonly BlockGroup[] {
  const context: BlockGroup = { title: 'Messages in the context', blocks: difference.input.blocks };
  const groups: readonly BlockGroup[] = [
    ...(isContextFirst ? [context] : []),
    { title: 'Error', blocks: present(difference.error) },
    { title: 'Answer', blocks: difference.output },
    { title: 'Arguments', blocks: present(difference.arguments) },
    { title: 'Result', blocks: present(difference.result) },
    ...(isContextFirst ? [] : [context]),
    // All tools of a step that the other run has not would be called added: they say nothing about it.
    {
      title: 'Offered tools',
      blocks: difference.a === undefined || difference.b === undefined ? [] : difference.tools,
    },
  ];
  return groups
    .map((group) => ({
      ...group,
      blocks: group.blocks.filter((block) => block.change !== 'same' && block.change !== 'ignored'),
    }))
    .filter((group) => group.blocks.length > 0);
}

function present(block: DiffBlock | undefined): readonly DiffBlock[] {
  return block === undefined ? [] : [block];
}

/** What was ignored in this pair, by the titles of the rules; the reader's own keys by their name. */
export function ignoredWords(ignored: readonly string[], titles: ReadonlyMap<string, string>): string {
  return ignored
    .map((rule) => (rule.startsWith('key:') ? `the key ${rule.slice(4)}` : (titles.get(rule) ?? rule)))
    .join(', ');
}
