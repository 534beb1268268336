import { nanos } from '../../../../shared/model/units.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import type { LogView } from '../../telemetry/span-view.ts';
import type { LogConvention, LogSubject } from './log-convention.ts';

/**
 * Log events of Gemini CLI. A request names the span of its model call, an answer names none and has the counts that the span leaves out;
 * tools name their span. With `traces` off they name nothing, and make the steps. Source: FACTS.md, Gemini CLI; captures.
 */
const prefix = 'gemini_cli.';

export const geminiCliLogs: LogConvention = {
  id: 'gemini-cli',
  version: 1,
  applies: ({ scopeName, view }) => scopeName === 'gemini-cli' || view.eventName?.startsWith(prefix) === true,
  session: ({ view }) => view.attributes.text('session.id'),

  subjects(logs) {
    let prompts = 0;
    let calls = 0;
    let tools = 0;
    /** Requests that nothing has answered, the oldest first. */
    const open: string[] = [];
    return logs.map(({ view }): LogSubject | undefined => {
      const under = prompts === 0 ? undefined : `gemini prompt ${prompts}`;
      switch (geminiEvent(view)) {
        case 'user_prompt': {
          prompts += 1;
          const key = `gemini prompt ${prompts}`;
          return { about: [key], step: { key, startNs: view.timeNs, endNs: view.timeNs, under: undefined } };
        }
        case 'api_request': {
          calls += 1;
          open.push(`gemini call ${calls}`);
          return { about: [`gemini call ${calls}`] };
        }
        case 'api_response':
        case 'api_error': {
          const key = open.shift() ?? `gemini call ${(calls += 1)}`;
          // Output is counted without thinking here, and with it once this record has joined: input alone tells calls apart.
          const near = {
            kind: 'llm' as const,
            atNs: view.timeNs,
            by: 'end' as const,
            input: view.attributes.number('input_token_count'),
            output: undefined,
          };
          return { about: [key], near, step: { key, startNs: startOf(view), endNs: view.timeNs, under } };
        }
        case 'tool_call': {
          tools += 1;
          const key = `gemini tool ${tools}`;
          return { about: [key], step: { key, startNs: startOf(view), endNs: view.timeNs, under, namesItself: true } };
        }
        default:
          return undefined;
      }
    });
  },
};

/** The event's name without the client's. */
export function geminiEvent(log: LogView): string | undefined {
  return log.eventName?.startsWith(prefix) === true ? log.eventName.slice(prefix.length) : undefined;
}

/** A year: more is a mistake of the emitter. */
const longestMilliseconds = 366 * 86_400_000;

/** Events are written when what they tell of is over. */
function startOf(view: LogView): Nanos {
  const milliseconds = view.attributes.number('duration_ms');
  if (milliseconds === undefined || milliseconds <= 0 || milliseconds > longestMilliseconds) return view.timeNs;
  const startNs = view.timeNs - BigInt(Math.round(milliseconds * 1e6));
  return nanos(startNs < 0n ? 0n : startNs);
}
