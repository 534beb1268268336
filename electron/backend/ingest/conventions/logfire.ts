import { readData } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Convention } from './convention.ts';
import { readUsageObject } from './usage-shapes.ts';

/**
 * Logfire's own instrumentations of the providers' SDKs: GenAI attributes, beside the usage as the API gave it. A stream is told in two: a span
 * until the first bytes, and a record when it has been read, which has the answer and the counts (FACTS.md, Other emitters).
 */
const scope = /^logfire\.(?:openai|anthropic|google_genai|litellm)/;

export const logfire: Convention = {
  ...silent,
  id: 'logfire',
  version: 1,

  applies: (view) => scope.test(view.scopeName),

  classify({ attributes }) {
    const isEnd = attributes.text('logfire.span_type') === 'log' && attributes.has('gen_ai.request.model');
    return isEnd ? { kind: 'llm', subKind: 'stream_end' } : undefined;
  },

  facts({ attributes }) {
    const usage = readUsageObject(readData(attributes, 'gen_ai.usage.raw')?.data);
    return usage === undefined ? {} : { usage: [usage] };
  },
};
