import type { Message, Part } from '../../../../shared/model/message.ts';
import type { ContentState } from '../../../../shared/model/step.ts';
import type { AttributeReader, LogView, SpanView } from '../../telemetry/span-view.ts';
import { dataOf, messagesOf, parametersOf, readTextAttribute, textReading, worseState } from './attribute-content.ts';
import { claudeEvent } from './claude-code-logs.ts';
import { silent, startsSubAgent } from './convention.ts';
import type { Classification, Convention, FactsPart, MessagesReading, TextReading } from './convention.ts';
import { field, known, textField } from './structure.ts';
import { readToolDefinitions } from './tool-definitions.ts';
import { emptyReading, tokenCount } from './usage-basis.ts';
import type { UsageReading } from './usage-basis.ts';

/**
 * Claude Code and the Claude Agent SDK: spans `claude_code.*`, completed by the log events that tell of them (claude-code-logs.ts), and
 * steps made of those events alone. Input counts leave cached tokens out. Source: FACTS.md, Claude Code; captures.
 */
const prefix = 'claude_code.';

const kinds: ReadonlyMap<string, Classification> = new Map<string, Classification>([
  ['interaction', { kind: 'agent' }],
  ['user_prompt', { kind: 'agent' }],
  ['llm_request', { kind: 'llm' }],
  ['api_request', { kind: 'llm' }],
  ['api_error', { kind: 'llm' }],
  ['tool', { kind: 'tool' }],
  ['tool_result', { kind: 'tool' }],
  ['tool_decision', { kind: 'tool' }],
  // The same call from inside: folded into the tool, which takes its failure over (nested-tools.ts).
  ['tool.execution', { kind: 'tool', subKind: 'execution' }],
  ['tool.blocked_on_user', { kind: 'other', subKind: 'approval_wait', hidden: true }],
  ['hook', { kind: 'other', subKind: 'hook', hidden: true }],
  ['compaction', { kind: 'other', subKind: 'compaction' }],
]);

/** What sampling for the user's own prompt is called; anything else is a side call. */
const mainSources: ReadonlySet<string> = new Set(['sdk', 'cli', 'repl_main_thread']);

const inputNotSent = {
  code: 'input-not-sent',
  message:
    "Claude Code sends what it asked the model only with OTEL_LOG_RAW_API_BODIES=1: these steps show the answer, not the context. The session's transcript, or a run recorded by Retake, has both.",
};

export const claudeCode: Convention = {
  ...silent,
  id: 'claude-code',
  version: 2,
  inputKeys: ['user_prompt'],

  applies: (view) => view.name.startsWith(prefix) || view.scopeName.startsWith('com.anthropic.claude_code'),

  classify(view) {
    const found = kinds.get(view.name.replace(prefix, ''));
    const source = view.attributes.text('query_source_safe') ?? view.attributes.text('query_source');
    if (found?.kind === 'tool' && found.subKind === undefined && subAgentOf(view) !== undefined)
      return { ...found, subKind: startsSubAgent };
    return found?.kind === 'llm' && source !== undefined && !mainSources.has(source)
      ? { ...found, subKind: source }
      : found;
  },

  facts(view, kind) {
    switch (kind) {
      case 'agent':
        return { agentName: 'Claude Code', name: 'Claude Code' };
      case 'llm':
        return llmFacts(view);
      case 'tool':
        return toolFacts(view);
      default:
        return view.name === `${prefix}compaction` || view.name === 'compaction' ? { name: 'compaction' } : {};
    }
  },

  output(view, kind) {
    return kind === 'llm' ? answerOf(view) : undefined;
  },

  input(view, kind) {
    if (kind === 'agent') {
      const prompt =
        readTextAttribute(view.attributes, 'user_prompt') ??
        firstOfLogs(view, ['user_prompt'], (attributes) => readTextAttribute(attributes, 'prompt'));
      return prompt === undefined ? undefined : spoken('user', [prompt]);
    }
    return kind === 'llm' ? messagesOf(requestBody(view), 'user') : undefined;
  },

  tools: (view) => readToolDefinitions(field(requestBody(view)?.data, 'tools')),
  parameters: (view) =>
    parametersOf(requestBody(view)?.data, new Set(['messages', 'system', 'tools', 'model', 'metadata'])),

  toolArguments(view) {
    const stated = firstOfLogs(view, ['tool_result', 'tool_decision'], (attributes) =>
      readTextAttribute(attributes, 'tool_input'),
    );
    if (stated) return stated;
    // Without OTEL_LOG_TOOL_DETAILS the span still has the argument that matters, under its own name.
    const command = view.attributes.text('full_command');
    const path = view.attributes.text('file_path');
    if (command !== undefined) return { text: JSON.stringify({ command }), state: 'truncated' };
    return path === undefined ? undefined : { text: JSON.stringify({ file_path: path }), state: 'truncated' };
  },

  toolResult(view) {
    const output = view.events.findLast((event) => event.name === 'tool.output')?.attributes;
    for (const key of ['content', 'output', 'diff']) {
      const found = output?.get(key);
      // An empty result is one: the command printed nothing.
      if (found === '') return { text: '', state: 'full' };
      const reading = textReading(found);
      if (reading) return reading;
    }
    return undefined;
  },
};

function llmFacts(view: SpanView): FactsPart {
  const { attributes } = view;
  const failure = eventOf(view, 'api_error')?.attributes;
  const failed = failure !== undefined && eventOf(view, 'api_request') === undefined;
  const request = eventOf(view, 'api_request')?.attributes;
  const message = failed
    ? failure.text('error')
    : attributes.boolean('success') === false
      ? attributes.text('error')
      : undefined;
  const status = failed ? failure.text('status_code') : attributes.text('status_code');
  return {
    requestModel: attributes.text('model'),
    provider: 'anthropic',
    responseId: attributes.text('request_id'),
    usage: [usageOf(attributes), ...(request === undefined || request === attributes ? [] : [usageOf(request)])],
    reportedCostUsd: request?.number('cost_usd'),
    ...(failed || message !== undefined
      ? { error: { ...known({ type: status === undefined ? undefined : `HTTP ${status}`, message }) } }
      : {}),
    notices: failed || message !== undefined || requestBody(view) !== undefined ? [] : [inputNotSent],
  };
}

/** Bare names; the cost events split what was written to the cache by how long it lives. */
function usageOf(attributes: AttributeReader): UsageReading {
  const count = (key: string): number | undefined => tokenCount(attributes.number(key));
  return {
    ...emptyReading,
    input: count('input_tokens'),
    output: count('output_tokens'),
    cacheRead: count('cache_read_tokens'),
    cacheWrite: count('cache_creation_tokens'),
    cacheWrite5m: count('cache_creation_5m_tokens'),
    cacheWrite1h: count('cache_creation_1h_tokens'),
    inputBasis: 'exclusive',
  };
}

function toolFacts(view: SpanView): FactsPart {
  const result = eventOf(view, 'tool_result')?.attributes;
  const decision = eventOf(view, 'tool_decision')?.attributes;
  const success =
    result?.boolean('success') ??
    (view.name === `${prefix}tool.execution` ? view.attributes.boolean('success') : undefined);
  const refused = result === undefined && decision?.text('decision') === 'reject';
  const message = result?.text('error') ?? result?.text('error_type');
  return {
    name: toolName(view.attributes, result ?? decision),
    agentName: subAgentOf(view),
    ...(success === undefined ? {} : { toolIsError: !success }),
    ...(success === false ? { error: { ...known({ type: result?.text('error_type'), message }) } } : {}),
    ...(refused ? { error: { message: `Not run: rejected (${decision.text('source') ?? 'by the user'}).` } } : {}),
  };
}

/** The type of the sub-agent that a tool (`Agent`, earlier `Task`) starts: it has no span, its calls lie in the tool's. */
function subAgentOf(view: SpanView): string | undefined {
  return (
    view.attributes.text('subagent_type') ??
    firstOfLogs(view, ['tool_result', 'tool_decision'], (attributes) =>
      textField(attributes.json('tool_input') ?? attributes.json('tool_parameters'), 'subagent_type'),
    )
  );
}

/** The name that the model used: an MCP tool is `mcp__server__tool` on the span, but `mcp_tool` with its parts in log events. */
function toolName(own: AttributeReader, event: AttributeReader | undefined): string | undefined {
  const stated = own.text('tool_name') ?? event?.text('tool_name');
  if (stated !== 'mcp_tool') return stated;
  const parameters = (event ?? own).json('tool_parameters') ?? own.json('tool_parameters');
  const server = textField(parameters, 'mcp_server_name');
  const tool = textField(parameters, 'mcp_tool_name');
  return server === undefined || tool === undefined ? stated : `mcp__${server}__${tool}`;
}

/** The answer as its events tell it: its text, and the tools that were called for it in the order of their approval. */
function answerOf(view: SpanView): MessagesReading | undefined {
  const body = firstOfLogs(view, ['api_response_body'], (attributes) => dataOf(attributes.get('body')));
  const whole = body === undefined ? undefined : messagesOf(body, 'assistant');
  if (whole) return whole;
  const texts = view.logs.flatMap((log) => {
    if (claudeEvent(log) !== 'assistant_response') return [];
    return readTextAttribute(log.attributes, 'response') ?? [];
  });
  const stated = readTextAttribute(view.attributes, 'response.model_output');
  const reading = spoken('assistant', texts.length > 0 || stated === undefined ? texts : [stated]);
  const calls = callsOf(view);
  if (!reading && calls.length === 0) return undefined;
  const parts: readonly Part[] = [...(reading?.messages ?? []).flatMap((message) => message.parts), ...calls];
  return { messages: parts.length === 0 ? [] : [{ role: 'assistant', parts }], state: reading?.state ?? 'full' };
}

function callsOf(view: SpanView): readonly Part[] {
  const calls = new Map<string, { readonly decided: LogView; result: LogView | undefined }>();
  for (const log of view.logs) {
    const event = claudeEvent(log);
    const id = log.attributes.text('tool_use_id');
    if (id === undefined || (event !== 'tool_decision' && event !== 'tool_result')) continue;
    const call = calls.get(id);
    if (!call) calls.set(id, { decided: log, result: event === 'tool_result' ? log : undefined });
    else if (event === 'tool_result') call.result = log;
  }
  return [...calls].map(([id, { decided, result }]) => {
    const toolArguments = (result ?? decided).attributes.text('tool_input');
    return {
      type: 'tool_call' as const,
      id,
      name: toolName(decided.attributes, (result ?? decided).attributes) ?? 'tool',
      ...(toolArguments === undefined ? {} : { arguments: toolArguments }),
    };
  });
}

function spoken(role: string, texts: readonly TextReading[]): MessagesReading | undefined {
  if (texts.length === 0) return undefined;
  const state = texts.map((text) => text.state).reduce<ContentState>(worseState, 'none');
  const parts = texts.flatMap(({ text, state: of }): readonly Part[] =>
    of === 'redacted' ? [] : [{ type: 'text', text }],
  );
  const messages: readonly Message[] = parts.length === 0 ? [] : [{ role, parts }];
  return { messages, state };
}

function requestBody(view: SpanView): ReturnType<typeof dataOf> {
  return firstOfLogs(view, ['api_request_body'], (attributes) => dataOf(attributes.get('body')));
}

function eventOf(view: SpanView, event: string): LogView | undefined {
  return view.logs.findLast((log) => claudeEvent(log) === event);
}

function firstOfLogs<Value>(
  view: SpanView,
  events: readonly string[],
  read: (attributes: AttributeReader) => Value | undefined,
): Value | undefined {
  for (const log of view.logs) {
    if (!events.includes(claudeEvent(log) ?? '')) continue;
    const found = read(log.attributes);
    if (found !== undefined) return found;
  }
  return undefined;
}
