import { parseJson } from '../../base/json-values.ts';
import { parseSse } from './sse.ts';
import type { WireAnswer, WireFamily, WireFormat, WireRoute } from './wire.ts';
import { anthropicMessages } from './wires/anthropic-messages/anthropic-messages.ts';
import { geminiGenerate } from './wires/gemini-generate/gemini-generate.ts';
import { openAiChat } from './wires/openai-chat/openai-chat.ts';
import { openAiResponses } from './wires/openai-responses/openai-responses.ts';

/** Every wire format that the gateway speaks; the first that knows a path has it. */
export const wireFormats: readonly WireFormat[] = [openAiChat, openAiResponses, anthropicMessages, geminiGenerate];

/** What a call is read as that a trace tells of: it has lost the format in which it was made. */
export const traceFormat: WireFormat = openAiChat;

export interface RecognisedCall {
  readonly format: WireFormat;
  readonly route: WireRoute;
}

/** The model call that a request is, by its path alone; undefined for everything else (lists of models, token counts, probes). */
export function recogniseCall(
  method: string,
  path: string,
  formats: readonly WireFormat[] = wireFormats,
): RecognisedCall | undefined {
  if (method !== 'POST') return undefined;
  for (const format of formats) {
    const route = format.recognise(path);
    if (route) return { format, route };
  }
  return undefined;
}

/** Throws for the id of a format that is not in the list. */
export function formatOf(family: WireFamily, formats: readonly WireFormat[] = wireFormats): WireFormat {
  const found = formats.find((format) => format.family === family);
  if (!found) throw new Error(`There is no wire format ${family}.`);
  return found;
}

export function isEventStream(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().includes('text/event-stream') === true;
}

/** An answer as it was received. */
export function readAnswerBody(format: WireFormat, contentType: string | undefined, body: string): WireAnswer {
  return isEventStream(contentType) ? format.readStream(parseSse(body)) : format.readAnswer(parseJson(body));
}
