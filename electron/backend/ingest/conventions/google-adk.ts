import type { SpanView } from '../../telemetry/span-view.ts';
import { firstText, messagesOf, parametersOf, readData } from './attribute-content.ts';
import type { DataReading } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Convention, FactsPart, MessagesReading } from './convention.ts';
import { adkEvent } from './google-adk-logs.ts';
import { detailsEvent } from './otel-genai-events.ts';
import { systemMessage, withSystem } from './otel-genai.ts';
import { anyField, field } from './structure.ts';
import { readToolDefinitions } from './tool-definitions.ts';
import { findUsage } from './usage-shapes.ts';

/**
 * Google's Agent Development Kit (Python and TypeScript): request and response of a call as JSON on `call_llm`, with
 * ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS; else they are `{}`. What a span is, is read by the conventions that it follows besides.
 * Source: FACTS.md, Google ADK; captures.
 */
const request = 'gcp.vertex.agent.llm_request';
const response = 'gcp.vertex.agent.llm_response';
const notParameters = new Set([
  'tools',
  'labels',
  'systemInstruction',
  'system_instruction',
  'httpOptions',
  'http_options',
]);

export const googleAdk: Convention = {
  ...silent,
  id: 'google-adk',
  version: 4,
  inputKeys: [request],

  // OpenInference's instrumentation replaces the framework's tracer: its spans, under another scope.
  applies: (view) =>
    view.scopeName === 'gcp.vertex.agent' || view.scopeName === 'openinference.instrumentation.google_adk',
  /** The span that joins the results of parallel calls is no call: its name differs between versions, its tool's does not. */
  classify(view) {
    if (view.name.startsWith('execute_tool (merged') || view.attributes.text('gen_ai.tool.name') === '(merged tools)')
      return { kind: 'other', subKind: 'merged-tools', hidden: true };
    return view.name === 'call_llm' || view.name === detailsEvent ? { kind: 'llm' } : undefined;
  },

  facts(view, kind): FactsPart {
    if (kind !== 'llm') return {};
    // The response counts thoughts beside the candidates; the attributes of the span leave them out (adk-python#4829).
    const usage = findUsage(readData(view.attributes, response)?.data);
    return {
      ...(usage === undefined ? {} : { usage: [usage] }),
      responseId: view.attributes.text(adkEvent),
      ...ofAnother(view),
      // A call that failed leaves a span without an attribute or a status.
      ...(view.name === 'call_llm' && view.attributes.size === 0 && view.endNs !== 0n
        ? {
            error: { type: 'no_answer', message: 'The client ended this call without an answer and without a reason.' },
          }
        : {}),
    };
  },

  input(view): MessagesReading | undefined {
    const sent = readData(view.attributes, request);
    const contents = sent && part(sent, field(sent.data, 'contents'));
    const found = messagesOf(contents, 'user');
    if (sent === undefined || found === undefined) return found;
    const config = field(sent.data, 'config');
    return withSystem(systemMessage(anyField(config, 'systemInstruction', 'system_instruction')), {
      ...found,
      messages: found.messages.map((message) =>
        // The API gives results back in the name of the user.
        message.parts.length > 0 && message.parts.every(({ type }) => type === 'tool_result')
          ? { ...message, role: 'tool' }
          : message,
      ),
    });
  },

  output(view): MessagesReading | undefined {
    // OpenInference's own attributes of an answer stay where the next one has fewer parts: the value is the answer as it came.
    const said =
      readData(view.attributes, response) ??
      (view.attributes.has(adkEvent) ? readData(view.attributes, 'output.value') : undefined);
    return said && messagesOf(part(said, field(said.data, 'content')), 'assistant');
  },

  tools: (view) => readToolDefinitions(field(configOf(readData(view.attributes, request)), 'tools')),
  parameters: (view) => parametersOf(configOf(readData(view.attributes, request)), notParameters),
  toolArguments: (view) => firstText(view.attributes, ['gcp.vertex.agent.tool_call_args']),
  toolResult: (view) => firstText(view.attributes, ['gcp.vertex.agent.tool_response']),
};

/** Its call ended without counts, as its record says: those on the span, and where it failed the answer, are of the call before. */
function ofAnother({ attributes, logs, events }: SpanView): FactsPart {
  const event = attributes.text(adkEvent);
  const own = logs.find((log) => log.eventName === detailsEvent && log.attributes.text(adkEvent) === event);
  if (event === undefined || own === undefined || own.attributes.has(inputTokens) || !attributes.has(inputTokens))
    return {};
  // Its status is still that of the call before.
  return events.some(({ name }) => name === 'exception') ? { ofAnother: 'answer', error: {} } : { ofAnother: 'counts' };
}

const inputTokens = 'gen_ai.usage.input_tokens';

function configOf(sent: DataReading | undefined): unknown {
  return field(sent?.data, 'config');
}

function part({ state }: DataReading, data: unknown): DataReading | undefined {
  return data === undefined ? undefined : { data, state };
}
