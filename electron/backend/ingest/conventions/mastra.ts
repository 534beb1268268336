import type { Message, Part } from '../../../../shared/model/message.ts';
import { messagesOf, readData } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Convention, MessagesReading } from './convention.ts';
import { asArray, field, known, textField, textOrJson } from './structure.ts';

/**
 * Mastra's own exporter: what a model saw and said stands on the step around the call (`model_step`), not on the call
 * (`model_inference`), with tool calls and results of earlier steps shortened to `[tool: name]` and `[tool-result: name]`; the whole
 * ones stand on the steps before and on the tools. Source: FACTS.md, Mastra; captures.
 */
export const mastraStep = 'mastra-step';
const shortened = /\[tool(?:-result)?: [^\]\n]*\]/;

export const mastra: Convention = {
  ...silent,
  id: 'mastra',
  version: 1,
  inputKeys: ['mastra.model_step.input'],

  applies: (view) => view.attributes.has('mastra.span.type'),
  classify: (view) =>
    view.attributes.text('mastra.span.type') === 'model_step' &&
    view.attributes.text('gen_ai.operation.name') === 'agent_step'
      ? { kind: 'chain', subKind: mastraStep, hidden: true }
      : undefined,

  input: (view, kind) =>
    kind === 'tool' ? undefined : messagesOf(readData(view.attributes, 'mastra.model_step.input'), 'user'),

  output(view, kind): MessagesReading | undefined {
    const said = kind === 'tool' ? undefined : readData(view.attributes, 'mastra.model_step.output');
    if (said === undefined) return undefined;
    if (said.state === 'redacted') return { messages: [], state: said.state };
    const text = textField(said.data, 'text') ?? '';
    const calls = (asArray(field(said.data, 'toolCalls')) ?? []).map((call): Part => ({
      type: 'tool_call',
      name: textField(call, 'toolName') ?? 'unknown',
      ...known({
        id: textField(call, 'toolCallId'),
        arguments: textOrJson(field(call, 'args') ?? field(call, 'input')),
      }),
    }));
    const parts: Part[] = [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...calls];
    return parts.length === 0 ? undefined : { messages: [{ role: 'assistant', parts }], state: said.state };
  },

  continues: (view) =>
    isShortened(messagesOf(readData(view.attributes, 'mastra.model_step.input'), 'user')?.messages ?? [])
      ? { previousResponseId: undefined }
      : undefined,
};

function isShortened(messages: readonly Message[]): boolean {
  return messages.some(
    ({ role, parts }) =>
      (role === 'assistant' || role === 'tool') &&
      parts.some((part) =>
        shortened.test(part.type === 'text' ? part.text : part.type === 'tool_result' ? part.result : ''),
      ),
  );
}
