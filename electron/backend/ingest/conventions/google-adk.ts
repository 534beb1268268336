import { firstText, messagesOf, parametersOf, readData } from './attribute-content.ts';
import type { DataReading } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Convention, MessagesReading } from './convention.ts';
import { systemMessage, withSystem } from './otel-genai.ts';
import { anyField, field } from './structure.ts';
import { readToolDefinitions } from './tool-definitions.ts';

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
  version: 1,
  inputKeys: [request],

  applies: (view) => view.scopeName === 'gcp.vertex.agent',
  classify: () => undefined,

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
    const said = readData(view.attributes, response);
    return said && messagesOf(part(said, field(said.data, 'content')), 'assistant');
  },

  tools: (view) => readToolDefinitions(field(configOf(readData(view.attributes, request)), 'tools')),
  parameters: (view) => parametersOf(configOf(readData(view.attributes, request)), notParameters),
  toolArguments: (view) => firstText(view.attributes, ['gcp.vertex.agent.tool_call_args']),
  toolResult: (view) => firstText(view.attributes, ['gcp.vertex.agent.tool_response']),
};

function configOf(sent: DataReading | undefined): unknown {
  return field(sent?.data, 'config');
}

function part({ state }: DataReading, data: unknown): DataReading | undefined {
  return data === undefined ? undefined : { data, state };
}
