import { nanos } from '../../../../shared/model/units.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import type { AttributeReader, LogView } from '../../telemetry/span-view.ts';
import { callKey } from './log-convention.ts';
import type { LogConvention, LogStep, LogSubject } from './log-convention.ts';

/**
 * Log events of Codex (scope `codex_otel.*`; the event's name is an attribute, `eventName` is a place in its source). Requests have no
 * id: a request and the completion that follows it are one call. Source: FACTS.md, Codex; captures.
 */
export const codexLogs: LogConvention = {
  id: 'codex',
  version: 1,
  applies: ({ scopeName, view }) =>
    scopeName.startsWith('codex_otel') || codexEvent(view)?.startsWith('codex.') === true,
  session: ({ view }) => view.attributes.text('conversation.id'),

  subjects(logs) {
    const views = logs.map(({ view }) => view);
    const reading = new CodexReading(outerTools(views));
    return views.map((view) => reading.subject(view));
  },
};

/** The name is in an attribute: `eventName` says where in the source the event is written. */
export function codexEvent(log: LogView): string | undefined {
  return log.attributes.text('event.name') ?? log.eventName;
}

/** Tools that code of the model calls, within its tool `exec`. */
export function isCodeModeCall(callId: string): boolean {
  return callId.startsWith('exec-');
}

export function isFailedRequest(attributes: AttributeReader): boolean {
  return (
    (attributes.number('http.response.status_code') ?? 200) >= 400 || attributes.text('error.message') !== undefined
  );
}

interface OuterTool {
  readonly callId: string;
  readonly startNs: Nanos;
  readonly endNs: Nanos;
}

/** Their events come after those of the calls inside them. */
function outerTools(views: readonly LogView[]): readonly OuterTool[] {
  return views.flatMap((view) => {
    const callId = view.attributes.text('call_id');
    return codexEvent(view) !== 'codex.tool_result' || callId === undefined || isCodeModeCall(callId)
      ? []
      : [{ callId, startNs: startOf(view), endNs: view.timeNs }];
  });
}

class CodexReading {
  private readonly outer: readonly OuterTool[];
  private outerAt = 0;
  private prompts = 0;
  private calls = 0;
  /** Requests that were accepted and have not completed, the oldest first. */
  private readonly open: string[] = [];
  private lastCompleted: string | undefined;

  constructor(outer: readonly OuterTool[]) {
    this.outer = outer;
  }

  subject(view: LogView): LogSubject | undefined {
    switch (codexEvent(view)) {
      case 'codex.user_prompt': {
        this.prompts += 1;
        const key = this.prompt() ?? '';
        return {
          about: [key],
          near: { kind: 'agent', atNs: view.timeNs, by: 'inside', input: undefined, output: undefined },
          step: { key, startNs: view.timeNs, endNs: view.timeNs, under: undefined },
        };
      }
      case 'codex.api_request':
        return this.request(view);
      case 'codex.sse_event':
        return this.streamed(view);
      case 'codex.tool_decision':
      case 'codex.tool_result':
        return this.tool(view);
      default:
        return undefined;
    }
  }

  private prompt(): string | undefined {
    return this.prompts === 0 ? undefined : `codex prompt ${this.prompts}`;
  }

  private nextCall(): string {
    this.calls += 1;
    return `codex call ${this.calls}`;
  }

  private step(key: string, view: LogView): LogStep {
    return { key, startNs: startOf(view), endNs: view.timeNs, under: this.prompt() };
  }

  private request(view: LogView): LogSubject | undefined {
    const endpoint = view.attributes.text('endpoint');
    if (endpoint !== undefined && !/\/(responses|chat\/completions)$/.test(endpoint)) return undefined;
    const key = this.nextCall();
    if (!isFailedRequest(view.attributes)) this.open.push(key);
    return { about: [key], step: this.step(key, view) };
  }

  private streamed(view: LogView): LogSubject | undefined {
    const { attributes } = view;
    const input = attributes.number('input_token_count');
    const failed = attributes.text('error.message') !== undefined;
    // The completion comes twice: as one more event of the stream, and with its counts.
    if (!failed && (attributes.text('event.kind') !== 'response.completed' || input === undefined)) return undefined;
    const key = this.open.shift() ?? this.nextCall();
    if (!failed) this.lastCompleted = key;
    const near = {
      kind: 'llm' as const,
      atNs: view.timeNs,
      by: 'end' as const,
      input,
      output: attributes.number('output_token_count'),
    };
    return { about: [key], ...(failed ? {} : { near }), step: this.step(key, view) };
  }

  private tool(view: LogView): LogSubject | undefined {
    const callId = view.attributes.text('call_id');
    if (callId === undefined) return undefined;
    const key = callKey(callId);
    const step = this.step(key, view);
    if (!isCodeModeCall(callId))
      return { about: [key, ...(this.lastCompleted === undefined ? [] : [this.lastCompleted])], step };
    const outer = this.outerOf(view.timeNs);
    return { about: [key], step: outer === undefined ? step : { ...step, under: callKey(outer) } };
  }

  /** Tools of one answer may run at the same time: of those, the one that ends first is taken. */
  private outerOf(atNs: Nanos): string | undefined {
    while ((this.outer[this.outerAt]?.endNs ?? atNs) < atNs) this.outerAt += 1;
    const tool = this.outer[this.outerAt];
    return tool && tool.startNs <= atNs ? tool.callId : undefined;
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
