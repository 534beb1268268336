import type { Message, Part } from '../../../../shared/model/message.ts';
import type { AttributeReader, LogView, SpanView } from '../../telemetry/span-view.ts';
import { dataOf, messagesOf, readData, readTextAttribute } from './attribute-content.ts';
import type { DataReading } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart, MessagesReading, TextReading } from './convention.ts';
import { geminiEvent } from './gemini-cli-logs.ts';
import { asArray, field, fieldAt, isStructure, jsonText, known, textField, textOrJson } from './structure.ts';
import { emptyReading, tokenCount } from './usage-basis.ts';
import type { UsageReading } from './usage-basis.ts';

/**
 * Gemini CLI: spans named after their operation, with the client's own JSON where the conventions have messages, completed by its log
 * events (gemini-cli-logs.ts), and steps made of those events alone. Source: FACTS.md, Gemini CLI; captures.
 */
const agent = 'Gemini CLI';

const kinds: ReadonlyMap<string, Classification> = new Map<string, Classification>([
  ['llm_call', { kind: 'llm' }],
  ['tool_call', { kind: 'tool' }],
  ['agent_call', { kind: 'agent' }],
  ['user_prompt', { kind: 'agent', subKind: 'turn' }],
  ['system_prompt', { kind: 'chain', subKind: 'system_prompt', hidden: true }],
  ['schedule_tool_calls', { kind: 'chain', subKind: 'schedule', hidden: true }],
  // Steps made of logs are named after their event.
  ['gemini_cli.user_prompt', { kind: 'agent', subKind: 'turn' }],
  ['gemini_cli.api_response', { kind: 'llm' }],
  ['gemini_cli.api_error', { kind: 'llm' }],
  ['gemini_cli.tool_call', { kind: 'tool' }],
]);

const thinkingNotCounted = {
  code: 'reasoning-tokens-not-sent',
  message:
    'Gemini CLI leaves thinking out of the output tokens of its spans, and the log record with that count (gemini_cli.api_response) has not come: output and cost are too low by what was thought, and cached tokens are unknown.',
};

export const geminiCli: Convention = {
  ...silent,
  id: 'gemini-cli',
  version: 1,
  inputKeys: ['gen_ai.input.messages', 'prompt', 'function_args'],

  applies: (view) =>
    view.scopeName === 'gemini-cli' ||
    (view.attributes.text('gen_ai.agent.name') === 'gemini-cli' && view.attributes.has('gen_ai.operation.name')),
  classify: (view) => kinds.get(view.attributes.text('gen_ai.operation.name') ?? view.name),

  facts(view, kind): FactsPart {
    const conversation = conversationOf(view);
    switch (kind) {
      case 'agent':
        return { agentName: view.name === 'agent_call' ? undefined : agent, conversation };
      case 'llm':
        return { ...llmFacts(view), agentName: agent, conversation };
      case 'tool':
        return { ...toolFacts(view), agentName: agent, conversation };
      default:
        return { conversation };
    }
  },

  output(view, kind) {
    if (kind !== 'llm') return undefined;
    const sent = messagesOf(readData(view.attributes, 'gen_ai.output.messages'), 'assistant');
    return joinChunks(sent ?? messagesOf(dataOf(answerOf(view)?.get('response_text')), 'assistant'));
  },

  input(view, kind) {
    if (kind === 'agent') {
      const prompt = eventOf(view, 'user_prompt')?.attributes ?? view.attributes;
      const text = readTextAttribute(prompt, 'prompt');
      if (text === undefined) return undefined;
      return {
        messages: text.state === 'redacted' ? [] : [{ role: 'user', parts: [{ type: 'text', text: text.text }] }],
        state: text.state,
      };
    }
    if (kind !== 'llm' || view.attributes.has('gen_ai.input.messages')) return undefined;
    return messagesOf(dataOf(eventOf(view, 'api_request')?.attributes.get('request_text')), 'user');
  },

  toolArguments(view) {
    const request = readData(view.attributes, 'gen_ai.input.messages');
    const found = field(request?.data, 'args');
    if (request !== undefined && isStructure(found)) return { text: jsonText(found), state: request.state };
    return firstOfTool(view, 'function_args');
  },

  toolResult(view) {
    const result = readData(view.attributes, 'gen_ai.output.messages');
    return result === undefined ? undefined : resultText(result);
  },
};

function llmFacts(view: SpanView): FactsPart {
  const done = eventOf(view, 'api_response')?.attributes;
  const failure = eventOf(view, 'api_error')?.attributes;
  const count = (attributes: AttributeReader | undefined, key: string): number | undefined =>
    tokenCount(attributes?.number(key));
  const counted: UsageReading = {
    ...emptyReading,
    input: count(view.attributes, 'gen_ai.usage.input_tokens') ?? count(done, 'input_token_count'),
    output: count(view.attributes, 'gen_ai.usage.output_tokens') ?? count(done, 'output_token_count'),
    cacheRead: count(done, 'cached_content_token_count'),
    reasoning: count(done, 'thoughts_token_count'),
    inputBasis: 'inclusive',
    outputBasis: 'exclusive',
  };
  const status = failure?.text('status_code') ?? failure?.text('error_type');
  return {
    requestModel: (done ?? failure)?.text('model'),
    provider: 'gemini',
    streaming: true,
    usage: [counted],
    ...(failure !== undefined && done === undefined
      ? { error: { ...known({ type: status, message: failure.text('error') ?? failure.text('error.message') }) } }
      : {}),
    notices: done === undefined && counted.output !== undefined ? [thinkingNotCounted] : [],
  };
}

function toolFacts(view: SpanView): FactsPart {
  const event = eventOf(view, 'tool_call')?.attributes;
  const result = readData(view.attributes, 'gen_ai.output.messages')?.data;
  const status = textField(result, 'status');
  const success = event?.boolean('success');
  const failed = status === undefined ? (success === undefined ? undefined : !success) : status !== 'success';
  const message =
    textField(field(result, 'response'), 'error') ??
    textOrJson(fieldAt(result, 'response', 'error', 'message')) ??
    event?.text('error');
  return {
    name: view.attributes.text('gen_ai.tool.name') ?? event?.text('function_name'),
    toolCallId: view.attributes.text('gen_ai.tool.call_id'),
    ...(failed === undefined ? {} : { toolIsError: failed }),
    ...(failed === true ? { error: { ...known({ type: event?.text('error_type') ?? status, message }) } } : {}),
  };
}

/** What went back to the model: the output of the function's response, where it is one text. */
function resultText(result: DataReading): TextReading {
  const parts = asArray(fieldAt(result.data, 'response', 'responseParts'));
  const responses = (parts ?? []).flatMap((part) => field(field(part, 'functionResponse'), 'response') ?? []);
  const [only] = responses;
  const text = responses.length === 1 ? (textField(only, 'output') ?? textField(only, 'error')) : undefined;
  return {
    text: text ?? textOrJson(responses.length > 0 ? only : (field(result.data, 'response') ?? result.data)) ?? '',
    state: result.state,
  };
}

function firstOfTool(view: SpanView, key: string): TextReading | undefined {
  const event = eventOf(view, 'tool_call')?.attributes;
  return event === undefined ? undefined : readTextAttribute(event, key);
}

/** The client writes the chunks of the stream as they came, each a message: they are one answer. */
function joinChunks(reading: MessagesReading | undefined): MessagesReading | undefined {
  if (reading === undefined || reading.messages.length < 2) return reading;
  const parts: Part[] = [];
  for (const part of reading.messages.flatMap((message) => message.parts)) {
    const last = parts.at(-1);
    if (part.type === 'text' && last?.type === 'text')
      parts[parts.length - 1] = { ...last, text: last.text + part.text };
    else if (part.type === 'reasoning' && last?.type === 'reasoning')
      parts[parts.length - 1] = { ...last, text: (last.text ?? '') + (part.text ?? '') };
    else if (part.type !== 'text' || part.text !== '') parts.push(part);
  }
  const finishReason = reading.messages.findLast((message) => message.finishReason !== undefined)?.finishReason;
  const message: Message = { role: 'assistant', parts, ...(finishReason === undefined ? {} : { finishReason }) };
  return { messages: [message], state: reading.state };
}

function answerOf(view: SpanView): AttributeReader | undefined {
  return eventOf(view, 'api_response')?.attributes;
}

function conversationOf(view: SpanView): FactsPart['conversation'] {
  const value = view.attributes.text('gen_ai.conversation.id') ?? view.resource.text('session.id');
  return value === undefined ? undefined : { key: 'gen_ai.conversation.id', value };
}

function eventOf(view: SpanView, event: string): LogView | undefined {
  return view.logs.findLast((log) => geminiEvent(log) === event);
}
