import { silent } from './convention.ts';
import type { Convention } from './convention.ts';

/**
 * AWS Strands follows the GenAI conventions, content in span events; a cycle of its loop wraps a call and the tools that it asked for, and
 * repeats their tokens. An agent's counts are those of its whole life. Source: `strands-agents/sdk-python`, tracer; FACTS.md, Other emitters.
 */
export const strands: Convention = {
  ...silent,
  id: 'strands',
  version: 1,

  applies: (view) => view.scopeName.startsWith('strands') || view.attributes.has('event_loop.cycle_id'),

  classify: (view) =>
    view.name.startsWith('execute_event_loop_cycle') ? { kind: 'chain', subKind: 'step', hidden: true } : undefined,

  facts: ({ attributes }, kind) => ({
    ...(kind === 'agent' || kind === 'chain' ? { usageIsAggregate: true } : {}),
    ...(kind === 'tool' && attributes.has('gen_ai.tool.status')
      ? { toolIsError: attributes.text('gen_ai.tool.status') === 'error' }
      : {}),
  }),
};
