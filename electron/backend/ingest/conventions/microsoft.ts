import type { SpanView } from '../../telemetry/span-view.ts';
import { silent } from './convention.ts';
import type { Convention, FactsPart } from './convention.ts';
import { responsePrefix } from './field-sources.ts';
import { printedUsage } from './printed-usage.ts';

/**
 * Microsoft's Agent Framework, AutoGen and Semantic Kernel: agents, calls and tools follow the GenAI conventions; the runtime around them does
 * not. Sources: `microsoft/agent-framework`, observability; `microsoft/autogen`, telemetry; FACTS.md, Other emitters.
 */
export const microsoft: Convention = {
  ...silent,
  id: 'microsoft',
  version: 3,

  applies: (view) =>
    view.scopeName === 'agent_framework' || view.scopeName.startsWith('autogen') || isSemanticKernel(view),

  classify(view) {
    if (isSemanticKernel(view) || view.attributes.has('gen_ai.operation.name')) return undefined;
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

  facts(view, kind) {
    const { attributes } = view;
    if (isSemanticKernel(view)) return kind === 'llm' ? loggedUsage(view) : {};
    return kind === 'chain' ? { name: attributes.text('workflow.name') ?? attributes.text('executor.id') } : {};
  },
};

const isSemanticKernel = ({ scopeName }: SpanView): boolean => scopeName.startsWith('semantic_kernel.');

/** Its spans have the sums only; what was cached and what was reasoning stands in a line of its log, as the SDK's object prints itself. */
function loggedUsage({ logs }: SpanView): FactsPart {
  const line = logs.findLast(({ body }) => typeof body === 'string' && body.startsWith('OpenAI usage: '))?.body;
  const usage = typeof line === 'string' ? printedUsage(line) : undefined;
  return usage === undefined ? {} : { usage: [usage] };
}
