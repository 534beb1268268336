import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart } from './convention.ts';

/**
 * opencode: thousands of spans of its Effect runtime (of which a third is SQL), and in between those of the AI SDK it calls models with,
 * which the `vercel-ai` convention reads. One `ai.streamText` is one step of its loop, not an agent. Source: FACTS.md, opencode; captures.
 */
const internal: Classification = { kind: 'other', subKind: 'internals', hidden: true };
/** Wraps one model call and the tools it asked for, and repeats its tokens. */
const step: Classification = { kind: 'chain', subKind: 'step', hidden: true };

export const opencode: Convention = {
  ...silent,
  id: 'opencode',
  version: 1,

  applies: (view) => view.scopeName === 'opencode',

  classify(view) {
    // `Tool.execute` is the same call as `ai.toolCall`, without arguments and result.
    if (!view.name.startsWith('ai.')) return internal;
    return /^ai\.(stream|generate)(Text|Object)$/.test(view.name) ? step : undefined;
  },

  facts(view, kind): FactsPart {
    const session = view.attributes.text('session.id') ?? view.attributes.text('ai.telemetry.metadata.sessionId');
    return {
      ...(kind === 'llm' || kind === 'tool' ? { agentName: 'opencode', runName: 'opencode' } : {}),
      ...(session === undefined ? {} : { conversation: { key: 'session.id', value: session } }),
    };
  },
};
