import { responseKey } from './log-convention.ts';
import type { LogConvention } from './log-convention.ts';
import { detailsEvent } from './otel-genai-events.ts';

/** Which call of an agent: on its span and in the record of its details. */
export const adkEvent = 'gcp.vertex.agent.event_id';

/**
 * The details of each call of Google ADK. Where an instrumentation writes all calls of an agent onto one span, each over the one before,
 * their records are all that is left of the others (FACTS.md, Other emitters).
 */
export const googleAdkLogs: LogConvention = {
  id: 'google-adk',
  version: 1,
  applies: ({ scopeName, view }) =>
    scopeName === 'gcp.vertex.agent' && view.eventName === detailsEvent && view.attributes.has(adkEvent),
  session: () => undefined,
  subjects: (logs) =>
    logs.map(({ view }) => {
      const event = view.attributes.text(adkEvent);
      if (event === undefined) return undefined;
      const key = responseKey(event);
      // Written when the call is over; when it began is nowhere.
      return { about: [key], step: { key, startNs: view.timeNs, endNs: view.timeNs, under: undefined } };
    }),
};
