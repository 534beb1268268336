import { silent } from './convention.ts';
import type { Convention } from './convention.ts';
import { responsePrefix } from './field-sources.ts';

/**
 * Microsoft's Agent Framework and AutoGen: agents, calls and tools follow the GenAI conventions; the runtime around them does not. Sources:
 * `microsoft/agent-framework`, observability; `microsoft/autogen`, telemetry; FACTS.md, Other emitters.
 */
export const microsoft: Convention = {
  ...silent,
  id: 'microsoft',
  version: 2,

  applies: (view) => view.scopeName === 'agent_framework' || view.scopeName.startsWith('autogen'),

  classify(view) {
    if (view.attributes.has('gen_ai.operation.name')) return undefined;
    if (view.name.startsWith('workflow.run')) return { kind: 'chain', subKind: 'workflow' };
    if (view.name.startsWith('executor.process')) return { kind: 'chain', subKind: 'executor' };
    if (/^(workflow\.build|edge_group\.process|message\.send|workflow_invoke)/.test(view.name))
      return { kind: 'other', subKind: 'runtime', hidden: true };
    return view.name.startsWith('autogen ') ? { kind: 'other', subKind: 'runtime', hidden: true } : undefined;
  },

  /** It names the answer that a call of OpenAI's responses goes on from as the conversation, and sends what is new since. */
  continues({ attributes }) {
    const previous = attributes.text('gen_ai.conversation.id');
    return previous?.startsWith(responsePrefix) === true ? { previousResponseId: previous } : undefined;
  },

  facts: ({ attributes }, kind) =>
    kind === 'chain' ? { name: attributes.text('workflow.name') ?? attributes.text('executor.id') } : {},
};
