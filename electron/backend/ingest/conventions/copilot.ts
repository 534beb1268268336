import { readData } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Convention } from './convention.ts';

/**
 * GitHub's Copilot CLI follows the GenAI conventions, but for one thing: `gen_ai.input.messages` of a call holds only what is new since
 * the call before it in the conversation, also across processes. Source: FACTS.md, Copilot CLI; captures.
 */
export const copilot: Convention = {
  ...silent,
  id: 'copilot',
  version: 2,

  applies: (view) => view.scopeName === 'github.copilot',
  classify: () => undefined,

  /** Sub-agents are named (`invoke_agent general-purpose`), the client itself is not. */
  facts: (view, kind) => (kind === 'agent' && view.name === 'invoke_agent' ? { agentName: 'Copilot CLI' } : {}),

  continues: (view) =>
    view.attributes.text('gen_ai.operation.name') === 'chat' &&
    readData(view.attributes, 'gen_ai.input.messages') !== undefined
      ? { previousResponseId: undefined }
      : undefined,
};
