import type { Part } from '../../../../shared/model/message.ts';
import type { LogView, SpanView } from '../../telemetry/span-view.ts';
import { readTextAttribute } from './attribute-content.ts';
import { codexEvent, isCodeModeCall, isFailedRequest } from './codex-logs.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart, MessagesReading, TextReading } from './convention.ts';
import { readGenAiUsage } from './field-sources.ts';
import { known } from './structure.ts';
import { emptyReading, tokenCount } from './usage-basis.ts';
import type { UsageReading } from './usage-basis.ts';

/**
 * Codex: what its Rust code traces of itself (thousands of spans, of which three kinds are steps), completed by its log events
 * (codex-logs.ts), and steps made of those events alone. Source: FACTS.md, Codex; captures.
 */
const internal: Classification = { kind: 'other', subKind: 'internals', hidden: true };
/** The span that a model call lasts for and that knows its model; its counts are on one of a hundred `handle_responses` inside. */
const sampling = 'run_sampling_request';

const inputNotSent = {
  code: 'input-not-sent',
  message:
    "Codex sends neither the messages of its model calls nor the text of the answers: these steps show counts and tools. The session's rollout file, or a run recorded by Retake, has all of it.",
};

export const codex: Convention = {
  ...silent,
  id: 'codex',
  version: 1,
  inputKeys: [],

  applies: (view) =>
    /^codex[_.-]/.test(view.scopeName) || view.attributes.text('target')?.startsWith('codex_') === true,

  classify(view) {
    // Steps made of logs have the attributes of their event; spans have none of that name.
    const made = madeOfLogs.get(view.attributes.text('event.name') ?? '');
    if (made) return made;
    if (view.name === 'session_task.turn') return { kind: 'agent', subKind: 'turn' };
    if (view.name === 'handle_responses' && view.attributes.has('gen_ai.usage.input_tokens')) return { kind: 'llm' };
    if (view.attributes.text('codex.tool.phase') === 'dispatch' && view.attributes.has('tool_name'))
      return { kind: 'tool', subKind: view.attributes.text('tool_source') ?? 'direct' };
    return internal;
  },

  facts(view, kind) {
    switch (kind) {
      case 'agent':
        return {
          name: 'Codex',
          agentName: 'Codex',
          usage: [turnUsage(view)],
          usageIsAggregate: true,
          conversation: conversationOf(view),
        };
      case 'llm':
        return llmFacts(view);
      case 'tool':
        return toolFacts(view);
      default:
        return { requestModel: view.name === sampling ? view.attributes.text('model') : undefined };
    }
  },

  output(view, kind) {
    if (kind !== 'llm') return undefined;
    const calls = callsOf(view);
    return calls.length === 0 ? undefined : { messages: [{ role: 'assistant', parts: calls }], state: 'full' };
  },

  input(view, kind): MessagesReading | undefined {
    if (kind !== 'agent') return undefined;
    const prompts = view.logs.flatMap((log) =>
      codexEvent(log) === 'codex.user_prompt' ? (readTextAttribute(log.attributes, 'prompt') ?? []) : [],
    );
    const [first] = prompts;
    if (first === undefined) return undefined;
    if (first.state === 'redacted') return { messages: [], state: 'redacted' };
    return {
      messages: prompts.map(({ text }) => ({ role: 'user', parts: [{ type: 'text', text }] })),
      state: first.state,
    };
  },

  toolArguments: (view) => ofResult(view, 'arguments'),
  toolResult: (view) => ofResult(view, 'output'),
};

const madeOfLogs: ReadonlyMap<string, Classification> = new Map<string, Classification>([
  ['codex.user_prompt', { kind: 'agent', subKind: 'turn' }],
  ['codex.api_request', { kind: 'llm' }],
  ['codex.sse_event', { kind: 'llm' }],
  ['codex.tool_result', { kind: 'tool' }],
  ['codex.tool_decision', { kind: 'tool' }],
]);

function llmFacts(view: SpanView): FactsPart {
  const done = view.logs.find(
    (log) => codexEvent(log) === 'codex.sse_event' && log.attributes.has('input_token_count'),
  )?.attributes;
  const request = eventOf(view, 'codex.api_request')?.attributes;
  const broken = view.logs.find(
    (log) => codexEvent(log) === 'codex.sse_event' && log.attributes.has('error.message'),
  )?.attributes;
  const failure = request !== undefined && isFailedRequest(request) ? request : broken;
  const status = failure?.text('http.response.status_code');
  const ofTokens = readGenAiUsage(view.attributes);
  const count = (key: string): number | undefined => tokenCount(done?.number(key));
  return {
    requestModel: view.attributes.text('model') ?? (done ?? request)?.text('model'),
    streaming: true,
    usage: [
      {
        ...ofTokens,
        reasoning: tokenCount(view.attributes.number('codex.usage.reasoning_output_tokens')),
        inputBasis: 'inclusive',
        outputBasis: 'inclusive',
      },
      {
        ...emptyReading,
        input: count('input_token_count'),
        output: count('output_token_count'),
        cacheRead: count('cached_token_count'),
        cacheWrite: count('cache_write_token_count'),
        reasoning: count('reasoning_token_count'),
        inputBasis: 'inclusive',
        outputBasis: 'inclusive',
      },
    ],
    conversation: conversationOf(view),
    error: failure && {
      ...known({ type: status === undefined ? undefined : `HTTP ${status}`, message: failure.text('error.message') }),
    },
    notices: failure === undefined ? [inputNotSent] : [],
    within: sampling,
  };
}

/** A total over the turn's calls. */
function turnUsage({ attributes }: SpanView): UsageReading {
  const count = (key: string): number | undefined => tokenCount(attributes.number(`codex.turn.token_usage.${key}`));
  return {
    ...emptyReading,
    input: count('input_tokens'),
    output: count('output_tokens'),
    cacheRead: count('cached_input_tokens'),
    cacheWrite: count('cache_write_input_tokens'),
    reasoning: count('reasoning_output_tokens'),
    inputBasis: 'inclusive',
    outputBasis: 'inclusive',
  };
}

/** Codex calls a command that failed a success of the tool: its exit code is in the first lines of the output. */
const exitCode = /^Process exited with code (-?\d+)$/m;
const beginningLength = 400;

function toolFacts(view: SpanView): FactsPart {
  const result = eventOf(view, 'codex.tool_result')?.attributes;
  const decision = eventOf(view, 'codex.tool_decision')?.attributes;
  const success = result?.boolean('success');
  const output = result?.text('output');
  const code = output === undefined ? undefined : exitCode.exec(output.slice(0, beginningLength))?.[1];
  const failed =
    success === false || view.attributes.boolean('aborted') === true || (code !== undefined && code !== '0');
  const refused = result === undefined && /^(denied|abort|reject)/i.test(decision?.text('decision') ?? '');
  const callId = view.attributes.text('call_id') ?? (result ?? decision)?.text('call_id');
  return {
    name: view.attributes.text('tool_name') ?? (result ?? decision)?.text('tool_name'),
    toolCallId: callId,
    conversation: conversationOf(view),
    ...(success === undefined && !failed ? {} : { toolIsError: failed }),
    ...(failed
      ? {
          error: {
            message:
              code === undefined
                ? (output?.slice(0, beginningLength) ?? 'aborted')
                : `Process exited with code ${code}`,
          },
        }
      : {}),
    ...(refused
      ? {
          error: {
            message: `Not run: ${decision?.text('decision') ?? 'denied'} (${decision?.text('source') ?? 'by the user'}).`,
          },
        }
      : {}),
    ...(callId !== undefined && isCodeModeCall(callId) ? { within: 'exec' } : {}),
  };
}

function callsOf(view: SpanView): readonly Part[] {
  const calls = new Map<string, LogView>();
  for (const log of view.logs) {
    const id = log.attributes.text('call_id');
    if (id === undefined || isCodeModeCall(id)) continue;
    if (codexEvent(log) === 'codex.tool_result' || !calls.has(id)) calls.set(id, log);
  }
  return [...calls].map(([id, { attributes }]) => {
    const toolArguments = attributes.text('arguments');
    return {
      type: 'tool_call' as const,
      id,
      name: attributes.text('tool_name') ?? 'tool',
      ...(toolArguments === undefined ? {} : { arguments: toolArguments }),
    };
  });
}

/** On logs always, on spans of the app server, the turn and the tools. `thread.id` is the thread of the operating system on all others. */
function conversationOf(view: SpanView): FactsPart['conversation'] {
  const stated =
    view.attributes.text('conversation.id') ??
    view.logs.map((log) => log.attributes.text('conversation.id')).find((id) => id !== undefined);
  const thread = view.attributes.text('thread.id');
  const value = stated ?? (thread !== undefined && /^[0-9a-f]{8}-/.test(thread) ? thread : undefined);
  return value === undefined ? undefined : { key: 'conversation.id', value };
}

function ofResult(view: SpanView, key: 'arguments' | 'output'): TextReading | undefined {
  const result = eventOf(view, 'codex.tool_result')?.attributes;
  if (result?.get(key) === '') return { text: '', state: 'full' };
  const reading = result && readTextAttribute(result, key);
  return reading && key === 'output' && reading.state === 'full' && result.boolean('output_truncated') === true
    ? { ...reading, state: 'truncated' }
    : reading;
}

function eventOf(view: SpanView, event: string): LogView | undefined {
  return view.logs.findLast((log) => codexEvent(log) === event);
}
