import { nanos } from '../../../../shared/model/units.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import type { LogView } from '../../telemetry/span-view.ts';
import { callKey, responseKey } from './log-convention.ts';
import type { LogConvention, LogStep, LogSubject, TimedLog } from './log-convention.ts';

/**
 * Log events of Claude Code and the Claude Agent SDK (scope `com.anthropic.claude_code.events`). All that most users send: traces are
 * off by default. Requests go by `request_id`, tools by `tool_use_id`, prompts by `prompt.id`. Source: FACTS.md, Claude Code; FACTS.md, Logs.
 */
export const claudeCodeLogs: LogConvention = {
  id: 'claude-code',
  version: 1,
  applies: ({ scopeName }) => scopeName.startsWith('com.anthropic.claude_code'),

  /** One run is one prompt, as with traces. What comes before the first prompt - plugins, settings - belongs to no run. */
  session({ view }) {
    const session = view.attributes.text('session.id');
    const prompt = view.attributes.text('prompt.id');
    return session === undefined || prompt === undefined ? undefined : `${session} ${prompt}`;
  },

  subjects(logs) {
    const bodies = requestBodies(logs);
    return logs.map((log) => subjectOf(log, bodies));
  },
};

const promptKey = (id: string): string => `prompt ${id}`;

/** The event without the prefix that body and name have in some versions. */
export function claudeEvent(log: LogView): string | undefined {
  return log.eventName?.replace(/^claude_code\./, '');
}

function subjectOf(log: TimedLog, bodies: ReadonlyMap<TimedLog, string>): LogSubject | undefined {
  const { view } = log;
  const { attributes, timeNs } = view;
  const prompt = attributes.text('prompt.id');
  const request = attributes.text('request_id');
  const call = attributes.text('tool_use_id');
  const under = prompt === undefined ? undefined : promptKey(prompt);
  const step = (key: string, lasted: boolean): LogStep => ({
    key,
    startNs: lasted ? startOf(view) : timeNs,
    endNs: timeNs,
    under,
  });
  switch (claudeEvent(view)) {
    case 'user_prompt':
      return prompt === undefined
        ? undefined
        : {
            about: [promptKey(prompt)],
            step: { ...step(promptKey(prompt), false), under: undefined, namesItself: true },
          };
    case 'api_request':
    case 'api_error': {
      const key =
        request === undefined
          ? `request at ${timeNs} ${attributes.text('event.sequence') ?? ''}`
          : responseKey(request);
      return { about: [key], step: step(key, true) };
    }
    case 'assistant_response':
    case 'api_response_body':
      return request === undefined ? undefined : { about: [responseKey(request)] };
    case 'api_request_body': {
      const paired = request ?? bodies.get(log);
      return paired === undefined ? undefined : { about: [responseKey(paired)] };
    }
    case 'tool_decision':
    case 'tool_result':
      // The answer that asked for the tool shows its calls too.
      return call === undefined
        ? undefined
        : {
            about: [callKey(call), ...(request === undefined ? [] : [responseKey(request)])],
            step: step(callKey(call), true),
          };
    case 'compaction': {
      const key = `compaction at ${timeNs}`;
      return { about: [key], step: step(key, true) };
    }
    default:
      return undefined;
  }
}

/** Events are written when what they tell of is over. */
function startOf(view: LogView): Nanos {
  const milliseconds = view.attributes.number('duration_ms');
  if (milliseconds === undefined || milliseconds <= 0 || milliseconds > longestMilliseconds) return view.timeNs;
  const startNs = view.timeNs - BigInt(Math.round(milliseconds * 1e6));
  return nanos(startNs < 0n ? 0n : startNs);
}

/** A year: more is a mistake of the emitter. */
const longestMilliseconds = 366 * 86_400_000;

/** Request bodies have no request id: each belongs to the next response body of its prompt. */
function requestBodies(logs: readonly TimedLog[]): ReadonlyMap<TimedLog, string> {
  const waiting = new Map<string, TimedLog[]>();
  const paired = new Map<TimedLog, string>();
  for (const log of logs) {
    const { attributes } = log.view;
    const prompt = attributes.text('prompt.id') ?? '';
    const event = claudeEvent(log.view);
    if (event === 'api_request_body') {
      const list = waiting.get(prompt);
      if (list) list.push(log);
      else waiting.set(prompt, [log]);
    }
    const request = attributes.text('request_id');
    if (event !== 'api_response_body' || request === undefined) continue;
    const body = waiting.get(prompt)?.shift();
    if (body) paired.set(body, request);
  }
  return paired;
}
