import { silent } from './convention.ts';
import type { Convention } from './convention.ts';

/**
 * Qwen Code follows the GenAI conventions on its calls and tools. What runs around them is none: hooks, which name the tool that they
 * watch and fail on their own, the execution of a tool, and the wait for a person. Source: FACTS.md, Qwen Code; captures.
 */
export const qwenCode: Convention = {
  ...silent,
  id: 'qwen-code',
  version: 1,

  applies: (view) => view.scopeName === 'qwen-code' || view.name.startsWith('qwen-code.'),

  classify(view) {
    switch (view.name) {
      case 'qwen-code.hook':
        return { kind: 'other', subKind: 'hook', hidden: true };
      case 'qwen-code.tool.execution':
        return { kind: 'chain', subKind: 'execution', hidden: true };
      case 'qwen-code.tool.blocked_on_user':
        return { kind: 'other', subKind: 'approval_wait', hidden: true };
      default:
        return undefined;
    }
  },
};
