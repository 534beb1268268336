import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
  SharedV4Warning,
} from '@ai-sdk/provider';
import type { Usage } from '../../../../shared/model/usage.ts';
import { asRecord, asText, defined, parseJson } from '../../base/json-values.ts';
import type { WireAnswer, WireFinish, WirePart } from '../gateway/wire.ts';

/** An answer as it was streamed by a provider's package, put together. */
export interface ModelAnswer {
  readonly answer: WireAnswer;
  readonly notes: readonly string[];
  /** What must go back unchanged with a part to the same provider and model. */
  readonly origins: ReadonlyMap<WirePart, SharedV4ProviderMetadata>;
}

export interface AnswerReader {
  take(part: LanguageModelV4StreamPart): void;
  /** What came until now; `broken`: why nothing more comes. */
  read(broken?: string): ModelAnswer;
}

interface Growing {
  readonly type: 'text' | 'reasoning';
  text: string;
  metadata: SharedV4ProviderMetadata | undefined;
}

type Piece =
  | Growing
  | { readonly type: 'whole'; readonly part: WirePart; readonly metadata: SharedV4ProviderMetadata | undefined };

/** `onText`: words of the answer as they come. */
export function createAnswerReader(customTools: ReadonlySet<string>, onText: (text: string) => void): AnswerReader {
  const pieces: Piece[] = [];
  const growing = new Map<string, Growing>();
  const notes = new Set<string>();
  let id: string | undefined;
  let model: string | undefined;
  let finish: WireFinish | undefined;
  let usage: Usage | undefined;
  let error: string | undefined;

  function start(type: Growing['type'], key: string, metadata: SharedV4ProviderMetadata | undefined): Growing {
    const made: Growing = { type, text: '', metadata };
    growing.set(`${type} ${key}`, made);
    pieces.push(made);
    return made;
  }
  const grow = (
    type: Growing['type'],
    key: string,
    delta: string,
    metadata: SharedV4ProviderMetadata | undefined,
  ): void => {
    const known = growing.get(`${type} ${key}`) ?? start(type, key, metadata);
    known.text += delta;
    known.metadata = merged(known.metadata, metadata);
  };

  return {
    take(part) {
      switch (part.type) {
        case 'stream-start':
          return part.warnings.forEach((warning) => notes.add(wordsOf(warning)));
        case 'text-start':
          return void start('text', part.id, part.providerMetadata);
        case 'reasoning-start':
          return void start('reasoning', part.id, part.providerMetadata);
        case 'text-delta': {
          grow('text', part.id, part.delta, part.providerMetadata);
          return onText(part.delta);
        }
        case 'reasoning-delta':
          return grow('reasoning', part.id, part.delta, part.providerMetadata);
        case 'text-end':
          return grow('text', part.id, '', part.providerMetadata);
        case 'reasoning-end':
          return grow('reasoning', part.id, '', part.providerMetadata);
        case 'tool-call':
          return void pieces.push({
            type: 'whole',
            metadata: part.providerMetadata,
            part: toolCall(part, customTools),
          });
        case 'response-metadata': {
          id = part.id ?? id;
          model = part.modelId ?? model;
          return undefined;
        }
        case 'finish': {
          finish = finishOf(part.finishReason);
          usage = usageOf(part.usage);
          return undefined;
        }
        case 'error': {
          error ??= errorText(part.error);
          return undefined;
        }
        case 'file':
        case 'reasoning-file':
        case 'source':
        case 'tool-result':
        case 'tool-approval-request':
        case 'custom':
          return part.type === 'custom' && part.kind === 'anthropic.message_start'
            ? undefined
            : void notes.add(`A part of the answer (${part.type}) is of a kind that Retake does not keep.`);
        default:
          return undefined;
      }
    },
    read(broken) {
      const origins = new Map<WirePart, SharedV4ProviderMetadata>();
      const parts = pieces.flatMap((piece): WirePart[] => {
        const part = wirePart(piece);
        if (part && piece.metadata) origins.set(part, piece.metadata);
        return part ? [part] : [];
      });
      const calls = parts.some((part) => part.type === 'tool_call' && part.server !== true);
      return {
        origins,
        notes: [...notes],
        answer: {
          id,
          model,
          parts,
          usage,
          finish: calls && finish !== 'length' ? 'tool_calls' : finish,
          error: error ?? broken,
        },
      };
    },
  };
}

function wirePart(piece: Piece): WirePart | undefined {
  switch (piece.type) {
    case 'whole':
      return piece.part;
    case 'text':
      return piece.text === '' ? undefined : { type: 'text', text: piece.text };
    default: {
      const signature = Object.values(piece.metadata ?? {})
        .map((values) => asText(values['signature']))
        .find((text) => text !== undefined);
      return piece.text === '' && piece.metadata === undefined
        ? undefined
        : {
            type: 'reasoning',
            ...(piece.text === '' ? { encrypted: true } : { text: piece.text }),
            ...defined({ signature }),
          };
    }
  }
}

function toolCall(
  { toolCallId, toolName, input, providerExecuted }: Extract<LanguageModelV4StreamPart, { type: 'tool-call' }>,
  customTools: ReadonlySet<string>,
): WirePart {
  const text = customTools.has(toolName) ? asText(asRecord(parseJson(input))['input']) : undefined;
  return {
    type: 'tool_call',
    id: toolCallId,
    name: toolName,
    arguments: text ?? input,
    ...(text === undefined ? {} : { custom: true }),
    ...(providerExecuted === true ? { server: true } : {}),
  };
}

function merged(
  left: SharedV4ProviderMetadata | undefined,
  right: SharedV4ProviderMetadata | undefined,
): SharedV4ProviderMetadata | undefined {
  if (!left || !right) return left ?? right;
  return Object.fromEntries(
    [...new Set([...Object.keys(left), ...Object.keys(right)])].map((provider) => [
      provider,
      { ...left[provider], ...right[provider] },
    ]),
  );
}

function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage | undefined {
  const usage = defined({
    input: inputTokens.total,
    output: outputTokens.total,
    cacheRead: inputTokens.cacheRead,
    cacheWrite: inputTokens.cacheWrite,
    reasoning: outputTokens.reasoning,
  });
  return Object.keys(usage).length === 0 ? undefined : usage;
}

function finishOf({ unified }: LanguageModelV4FinishReason): WireFinish {
  switch (unified) {
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    case 'interrupted':
      return 'error';
    default:
      return unified;
  }
}

function wordsOf(warning: SharedV4Warning): string {
  return warning.type === 'other'
    ? `The provider’s package says: ${warning.message}`
    : 'feature' in warning
      ? `The provider does not take ${warning.feature} here${warning.details === undefined ? '' : `: ${warning.details}`}.`
      : 'The provider’s package warns of a setting.';
}

/** Of whatever a stream or a request failed with; bounded. */
export function errorText(error: unknown): string {
  const text =
    error instanceof Error
      ? error.message
      : (asText(error) ?? asText(asRecord(error)['message']) ?? JSON.stringify(error) ?? 'unknown error');
  return text.slice(0, 2_000);
}
