import { assertNever } from '../../../../shared/model/assert-never.ts';
import { parseJson } from '../../base/json-values.ts';
import { parseSse } from './sse.ts';
import { anthropicMessages } from './wire-anthropic-messages.ts';
import { geminiGenerate } from './wire-gemini-generate.ts';
import { openAiChat } from './wire-openai-chat.ts';
import { openAiResponses } from './wire-openai-responses.ts';
import type { WireAnswer, WireFamily, WireFormat, WireRoute } from './wire.ts';

/** Every wire format that the gateway speaks; the first that knows a path has it. */
export const wireFormats: readonly WireFormat[] = [openAiChat, openAiResponses, anthropicMessages, geminiGenerate];

export interface RecognisedCall {
  readonly format: WireFormat;
  readonly route: WireRoute;
}

/** The model call that a request is, by its path alone; undefined for everything else (lists of models, token counts, probes). */
export function recogniseCall(method: string, path: string): RecognisedCall | undefined {
  if (method !== 'POST') return undefined;
  for (const format of wireFormats) {
    const route = format.recognise(path);
    if (route) return { format, route };
  }
  return undefined;
}

export function formatOf(family: WireFamily): WireFormat {
  switch (family) {
    case 'openai.chat':
      return openAiChat;
    case 'openai.responses':
      return openAiResponses;
    case 'anthropic.messages':
      return anthropicMessages;
    case 'gemini.generate':
      return geminiGenerate;
    default:
      return assertNever(family);
  }
}

export function isEventStream(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().includes('text/event-stream') === true;
}

/** An answer as it was received. Gemini without `alt=sse` streams one JSON list. */
export function readAnswerBody(format: WireFormat, contentType: string | undefined, body: string): WireAnswer {
  if (isEventStream(contentType)) return format.readStream(parseSse(body));
  const json = parseJson(body);
  if (Array.isArray(json) && format.family === 'gemini.generate')
    return format.readStream(json.map((chunk) => ({ event: undefined, data: JSON.stringify(chunk) })));
  return format.readAnswer(json);
}
