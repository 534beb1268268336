import { responseKey } from './log-convention.ts';
import type { LogConvention } from './log-convention.ts';
import { evaluationEvent } from './otel-genai-events.ts';
import { asText, field } from './structure.ts';

/**
 * An evaluation that came as a log record, perhaps from another process: it belongs to the call whose answer it judges, by
 * `gen_ai.response.id`, else to the span that it names. Source: FACTS.md, Content in other words.
 */
export const evaluationLogs: LogConvention = {
  id: 'otel-evaluation',
  version: 1,
  applies: ({ view }) => view.eventName === evaluationEvent,
  session: () => undefined,
  subjects: (logs) =>
    logs.map(({ view }) => {
      const id = view.attributes.text('gen_ai.response.id') ?? asText(field(view.body, 'gen_ai.response.id'));
      return id === undefined ? undefined : { about: [responseKey(id)] };
    }),
};
