import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { assertNever } from '../../../../shared/model/assert-never.ts';
import { defined, isRecord, parseJson } from '../../base/json-values.ts';
import { formatOf } from '../gateway/wire-formats.ts';
import type { WireCall, WireFormat, WirePart } from '../gateway/wire.ts';
import { modelParameters, schemaOf } from './model-parameters.ts';

/**
 * A request of any wire format in the words of the providers' packages (FACTS.md, Swap rules). What cannot be carried over is
 * said, never left out in silence.
 */
export interface ModelPrompt {
  readonly options: LanguageModelV4CallOptions;
  readonly notes: readonly string[];
}

export interface PromptSettings {
  /** Names of tools whose input is plain text (OpenAI custom tools): the other provider gets a function with one text. */
  readonly customTools: ReadonlySet<string>;
  /** What must go back unchanged with a part, where it came from the same provider and model; undefined: it must not go there. */
  /** Those that `call` may be of; absent: all that there are. */
  readonly formats?: readonly WireFormat[] | undefined;
  readonly originOf: (part: WirePart) => SharedV4ProviderOptions | undefined;
}

type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'];
type UserContent = Extract<LanguageModelV4Message, { role: 'user' }>['content'];
type ToolContent = Extract<LanguageModelV4Message, { role: 'tool' }>['content'];

export function modelPrompt(call: WireCall, settings: PromptSettings): ModelPrompt {
  const format = formatOf(call.family, settings.formats);
  const notes = new Set<string>();
  const prompt: LanguageModelV4Prompt = [];
  const instructions = call.system.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  if (instructions.length < call.system.length) notes.add('Parts of the instructions that are no text were left out.');
  if (instructions.length > 0) prompt.push({ role: 'system', content: instructions.join('\n\n') });
  /** Calls whose result is still to come, oldest first. */
  let open: { readonly id: string; readonly given: string | undefined; readonly name: string }[] = [];
  for (const [at, item] of call.items.entries()) {
    if (item.role === 'assistant') {
      const content: AssistantContent = [];
      for (const [place, part] of item.parts.entries()) {
        const made = assistantPart(part, `call_retake_${at}_${place}`, settings, notes);
        if (made?.type === 'tool-call')
          open.push({
            id: made.toolCallId,
            given: part.type === 'tool_call' ? part.id : undefined,
            name: made.toolName,
          });
        if (made) content.push(made);
      }
      if (content.length > 0) prompt.push({ role: 'assistant', content });
      continue;
    }
    const results: ToolContent = [];
    const content: UserContent = [];
    for (const part of item.parts) {
      if (part.type !== 'tool_result') {
        const made = userPart(part, notes);
        if (made) content.push(made);
        continue;
      }
      if (part.server === true) continue;
      const asked =
        open.find(({ given, name }) =>
          part.id === undefined ? part.name === undefined || part.name === name : given === part.id,
        ) ?? (part.id === undefined ? open[0] : undefined);
      if (!asked) {
        // Every provider refuses a result that nothing asked for.
        notes.add(
          `A result of a tool call that is not in the conversation${part.id === undefined ? '' : ` (${part.id.slice(0, 100)})`} was given as a message of the user.`,
        );
        content.push({ type: 'text', text: `Result of ${part.name ?? 'a tool'}: ${part.result}` });
        continue;
      }
      open = open.filter((other) => other !== asked);
      results.push({
        type: 'tool-result',
        toolCallId: asked.id,
        toolName: asked.name,
        output: {
          type: part.isError === true ? 'error-text' : 'text',
          value: format.plainResult?.(part.result) ?? part.result,
        },
      });
    }
    if (results.length > 0) prompt.push({ role: 'tool', content: results });
    if (content.length > 0)
      prompt.push(
        item.role === 'system'
          ? { role: 'system', content: content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n') }
          : { role: 'user', content },
      );
  }
  const parameters = modelParameters(call.params);
  for (const note of parameters.notes) notes.add(note);
  const tools = call.tools.map(({ name, description, parameters: schema }) => ({
    type: 'function' as const,
    name,
    ...defined({ description }),
    inputSchema: settings.customTools.has(name)
      ? textInput
      : (schemaOf(schema) ?? { type: 'object' as const, properties: {} }),
  }));
  const { toolChoice, ...options } = parameters.options;
  return {
    options: { prompt, ...options, ...(tools.length > 0 ? { tools, ...defined({ toolChoice }) } : {}) },
    notes: [...notes],
  };
}

const textInput = {
  type: 'object' as const,
  properties: { input: { type: 'string' as const } },
  required: ['input'],
  additionalProperties: false,
};

function assistantPart(
  part: WirePart,
  ownId: string,
  { customTools, originOf }: PromptSettings,
  notes: Set<string>,
): AssistantContent[number] | undefined {
  const origin = originOf(part);
  const providerOptions = defined({ providerOptions: origin });
  switch (part.type) {
    case 'text':
      return part.text === '' && !origin ? undefined : { type: 'text', text: part.text, ...providerOptions };
    case 'reasoning': {
      if (origin) return { type: 'reasoning', text: part.text ?? '', ...providerOptions };
      notes.add(
        'Reasoning of earlier answers was left out: it may only go back to the provider and model that wrote it.',
      );
      return undefined;
    }
    case 'tool_call': {
      if (part.server === true) {
        notes.add('Tool calls that the provider ran itself were left out, with their results.');
        return undefined;
      }
      return {
        type: 'tool-call',
        toolCallId: part.id ?? ownId,
        toolName: part.name,
        input: inputOf(part, customTools, notes),
        ...providerOptions,
      };
    }
    case 'media':
      return fileOf(part, notes);
    case 'tool_result':
      return undefined;
    case 'unknown': {
      notes.add('Parts of messages that Retake does not know were left out.');
      return undefined;
    }
    default:
      return assertNever(part);
  }
}

function inputOf(
  part: Extract<WirePart, { type: 'tool_call' }>,
  customTools: ReadonlySet<string>,
  notes: Set<string>,
): unknown {
  const text = part.arguments ?? '';
  if (part.custom === true || customTools.has(part.name)) return { input: text };
  const value = parseJson(text === '' ? '{}' : text);
  if (isRecord(value)) return value;
  notes.add(`Arguments of ${part.name.slice(0, 100)} that are no JSON object were given as one text.`);
  return { input: text };
}

function userPart(part: WirePart, notes: Set<string>): UserContent[number] | undefined {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'media':
      return fileOf(part, notes);
    case 'reasoning':
    case 'tool_call':
    case 'tool_result':
    case 'unknown': {
      notes.add('Parts of messages that Retake does not know were left out.');
      return undefined;
    }
    default:
      return assertNever(part);
  }
}

function fileOf(
  { modality, mimeType, data, uri }: Extract<WirePart, { type: 'media' }>,
  notes: Set<string>,
): Extract<UserContent[number], { type: 'file' }> | undefined {
  const mediaType = mimeType ?? (modality === 'file' ? undefined : `${modality}/*`);
  const url = uri !== undefined && /^https:/i.test(uri) && URL.canParse(uri) ? new URL(uri) : undefined;
  if (mediaType !== undefined && data !== undefined) return { type: 'file', mediaType, data: { type: 'data', data } };
  // Only the provider reads it, as it did when the run was made.
  if (mediaType !== undefined && url) return { type: 'file', mediaType, data: { type: 'url', url } };
  notes.add(`A part (${modality}) whose content is not in the run was left out.`);
  return undefined;
}
