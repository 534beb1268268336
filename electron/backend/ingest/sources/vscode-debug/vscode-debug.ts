import { sourceAttributes } from '../../../telemetry/source-attributes.ts';
import { asArray, entriesOf, field, jsonText, numberField, textField } from '../../conventions/structure.ts';
import { restOf } from '../recorded/messages.ts';
import { confidence } from '../source.ts';
import type { StreamSource } from '../source.ts';
import { exportSource } from '../spans/export-source.ts';
import type { ExportOutput, ExportReader } from '../spans/export-source.ts';
import type { JsonValue } from '../spans/json-values.ts';
import { attributesOf, given, restAttributes, unitNs } from '../spans/span-draft.ts';
import type { DraftAttributes, EventDraft, SpanDraft } from '../spans/span-draft.ts';
import { stepAttributes } from '../spans/step-attributes.ts';
import type { ExportedStep } from '../spans/step-attributes.ts';

/**
 * What Copilot in VS Code writes of a chat while `chat.agentDebugLog` is on: `debug-logs/<session>/main.jsonl`, one JSON object for each span
 * that ended, and for what happened between them (FACTS.md, Agent debug log of VS Code). Spans of agents at the top are not in it: the session
 * stands in their place.
 */
export const vscodeDebug: StreamSource = exportSource({
  id: 'vscode-debug',
  label: "VS Code's agent debug log",
  version: 1,
  detect: ({ text }) =>
    text !== undefined && /^\{(?:"v":\d+,)?"ts":\d{13}(?:\.\d+)?,"dur":[\d.]+,"sid":"/.test(text)
      ? confidence.strong
      : confidence.none,
  open: () => new DebugLog(),
});

/** A chat, and those inside it that have files of their own. */
interface Session {
  readonly events: EventDraft[];
  prompt: string | undefined;
  startNs: bigint;
  endNs: bigint;
}

const longestName = 200;
const agent = 'GitHub Copilot Chat';

class DebugLog implements ExportReader {
  private readonly sessions = new Map<string, Session>();
  /** By their ids, until the end: the answer of a call stands in a line of its own, and whether a span above is there is known last. */
  private spans = new Map<string, SpanDraft>();
  private beside = false;

  read({ value }: JsonValue, out: ExportOutput): boolean {
    const sid = textField(value, 'sid');
    const type = textField(value, 'type');
    const startNs = unitNs(field(value, 'ts'), 'ms');
    if (sid === undefined || type === undefined || startNs === undefined) return false;
    const endNs = startNs + (unitNs(field(value, 'dur'), 'ms') ?? 0n);
    const session = this.session(sid, startNs, endNs);
    const attrs = field(value, 'attrs');
    if (field(attrs, 'systemPromptFile') !== undefined || field(attrs, 'toolsFile') !== undefined) this.beside = true;
    const read = stepOf(type, value, attrs);
    if (type === 'agent_response' && this.answer(sid, value, attrs)) return true;
    if (read === undefined) {
      if (type === 'user_message') session.prompt ??= textField(attrs, 'content');
      if (session.events.length >= maximumEvents) out.skip(`${type}: a chat is shown with ${maximumEvents} events`);
      else
        session.events.push({ timeNs: startNs, name: nameOf(value, type), attributes: eventAttributes(value, attrs) });
      return true;
    }
    const failed = textField(value, 'status') === 'error';
    const id = idOf(value, textField(value, 'spanId') ?? `line ${this.spans.size}`);
    this.spans.set(keyOf(sid, id), {
      trace: sid,
      id,
      parent: parentOf(value),
      name: nameOf(value, type),
      startNs,
      endNs,
      attributes: [
        ...stepAttributes(read.step),
        ...read.attributes,
        ...restAttributes(restOf(attrs, new Set([...read.carried, 'error']))),
      ],
      statusCode: failed ? 2 : 1,
      statusMessage: failed ? (textField(attrs, 'error') ?? '') : '',
      resource: [['service.name', agent]],
      scope: { name: 'vscode-debug' },
    });
    return true;
  }

  end(out: ExportOutput): void {
    const known = new Set(this.spans.keys());
    for (const [sid, session] of this.sessions) out.span(root(sid, session, this.beside));
    for (const span of this.spans.values())
      out.span({
        ...span,
        parent: span.parent !== undefined && known.has(keyOf(span.trace, span.parent)) ? span.parent : rootId,
      });
    this.spans = new Map();
    if (this.beside) out.warn(`what the log lacks: ${besideTheLog}`);
  }

  private session(sid: string, startNs: bigint, endNs: bigint): Session {
    let session = this.sessions.get(sid);
    if (session === undefined) {
      session = { events: [], prompt: undefined, startNs, endNs };
      this.sessions.set(sid, session);
    }
    if (startNs < session.startNs) session.startNs = startNs;
    if (endNs > session.endNs) session.endNs = endNs;
    return session;
  }

  /** `agent-msg-<span of the call>`. Whether there is such a call. */
  private answer(sid: string, value: unknown, attrs: unknown): boolean {
    const call = /^agent-msg-(.+)$/.exec(textField(value, 'spanId') ?? '')?.[1];
    const key = call === undefined ? undefined : keyOf(sid, idOf(value, call));
    const span = key === undefined ? undefined : this.spans.get(key);
    if (key === undefined || span === undefined) return false;
    this.spans.set(key, { ...span, attributes: [...span.attributes, ...answerAttributes(attrs)] });
    return true;
  }
}

const maximumEvents = 10_000;
const rootId = 'session';
const keyOf = (sid: string, id: string): string => `${sid}\n${id}`;

/** Ids are counted from 1 in each start of VS Code, which the lines number. */
function idOf(value: unknown, id: string): string {
  const run = numberField(value, 'rIdx') ?? 0;
  return run === 0 ? id : `${run} ${id}`;
}

function parentOf(value: unknown): string | undefined {
  const parent = textField(value, 'parentSpanId');
  return parent === undefined ? undefined : idOf(value, parent);
}

const nameOf = (value: unknown, type: string): string => (textField(value, 'name') ?? type).slice(0, longestName);

const besideTheLog =
  'system prompts and tool definitions, which VS Code writes into files beside it (system_prompt_0.json, tools_0.json)';

function root(sid: string, { events, prompt, startNs, endNs }: Session, beside: boolean): SpanDraft {
  return {
    trace: sid,
    id: rootId,
    name: 'invoke_agent',
    startNs,
    endNs,
    attributes: [
      ...stepAttributes({ kind: 'agent', name: agent }),
      ...given([
        ['gen_ai.conversation.id', sid],
        ['gen_ai.workflow.name', prompt?.trim().slice(0, longestName)],
        [sourceAttributes.lacks, beside ? besideTheLog : undefined],
      ]),
    ],
    events,
    resource: [['service.name', agent]],
    scope: { name: 'vscode-debug' },
  };
}

interface Step {
  readonly step: ExportedStep;
  readonly attributes: DraftAttributes;
  readonly carried: readonly string[];
}

function stepOf(type: string, value: unknown, attrs: unknown): Step | undefined {
  switch (type) {
    case 'llm_request':
      return {
        step: {
          kind: 'llm',
          requestModel: textField(attrs, 'model'),
          responseId: textField(attrs, 'responseId'),
          usage: {
            input: numberField(attrs, 'inputTokens'),
            output: numberField(attrs, 'outputTokens'),
            cacheRead: numberField(attrs, 'cachedTokens', 'cacheReadTokens'),
            cacheWrite: numberField(attrs, 'cacheCreationTokens', 'cacheWriteTokens'),
            reasoning: numberField(attrs, 'reasoningTokens'),
          },
        },
        attributes: given([
          ['gen_ai.input.messages', textField(attrs, 'inputMessages') ?? asked(textField(attrs, 'userRequest'))],
          ['gen_ai.request.max_tokens', numberField(attrs, 'maxTokens')],
          ['gen_ai.request.temperature', numberField(attrs, 'temperature')],
          ['gen_ai.request.top_p', numberField(attrs, 'topP')],
          ['gen_ai.response.time_to_first_chunk', seconds(numberField(attrs, 'ttft'))],
        ]),
        carried: callFields,
      };
    case 'tool_call':
      return {
        step: {
          kind: 'tool',
          name: textField(value, 'name'),
          input: field(attrs, 'args'),
          output: field(attrs, 'result'),
        },
        attributes: [],
        carried: ['args', 'result'],
      };
    case 'subagent':
      return {
        step: { kind: 'agent', name: textField(attrs, 'agentName') ?? textField(value, 'name') },
        attributes: given([['gen_ai.agent.description', textField(attrs, 'description')]]),
        carried: ['agentName', 'description'],
      };
    case 'hook':
      return {
        step: {
          kind: 'other',
          subKind: 'hook',
          input: field(attrs, 'input') ?? field(attrs, 'command'),
          output: field(attrs, 'output'),
        },
        attributes: [],
        carried: ['input', 'output'],
      };
    default:
      return undefined;
  }
}

const callFields = [
  'model',
  'responseId',
  'inputTokens',
  'outputTokens',
  'cachedTokens',
  'cacheReadTokens',
  'cacheCreationTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'inputMessages',
  'maxTokens',
  'temperature',
  'topP',
  'ttft',
];

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1_000;

/** Where a call's messages were not captured: what the user asked. */
const asked = (request: string | undefined): string | undefined =>
  request === undefined ? undefined : jsonText([{ role: 'user', parts: [{ type: 'text', content: request }] }]);

/** What the model thought stands beside its answer, which may be cut off: then it stays there. */
function answerAttributes(attrs: unknown): DraftAttributes {
  const response = textField(attrs, 'response');
  const reasoning = textField(attrs, 'reasoning');
  const whole = reasoning === undefined ? undefined : withThought(response, reasoning);
  return given([
    ['gen_ai.output.messages', whole ?? response],
    ['retake.import.reasoning', whole === undefined ? reasoning : undefined],
  ]);
}

function withThought(response: string | undefined, reasoning: string): string | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(response ?? '');
  } catch {
    return undefined;
  }
  const [first, ...others] = asArray(answer) ?? [];
  const parts = asArray(field(first, 'parts'));
  return parts === undefined
    ? undefined
    : jsonText([
        new Map([...entriesOf(first), ['parts', [{ type: 'reasoning', content: reasoning }, ...parts]]]),
        ...others,
      ]);
}

const eventAttributes = (value: unknown, attrs: unknown): DraftAttributes => [
  ...attributesOf(attrs),
  ...given([['retake.import.status', textField(value, 'status') === 'ok' ? undefined : textField(value, 'status')]]),
];
