import type { Part, ToolDefinition } from '../../../../shared/model/message.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import type { JsonCursor, Splice } from '../../base/json-cursor.ts';
import type { SseEvent } from './sse.ts';

/** The four wire formats that the gateway speaks. Each has a file of its own (wire-*.ts). */
export type WireFamily = 'openai.chat' | 'openai.responses' | 'anthropic.messages' | 'gemini.generate';

/** A part as it crosses the wire: with what must go back unchanged, such as the signature of a thinking block. */
export type WirePart = Part & {
  /** Reasoning: signature or encrypted text, returned to the provider as it came. */
  readonly signature?: string;
  /** Tool call of the free-form kind (OpenAI custom tools): `arguments` is text, not JSON. */
  readonly custom?: boolean;
};

export interface WireItem {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly parts: readonly WirePart[];
}

/** A request, read in one way for all formats. */
export interface WireCall {
  readonly family: WireFamily;
  readonly model: string;
  readonly stream: boolean;
  /** System and developer instructions, in order, wherever the format puts them. */
  readonly system: readonly WirePart[];
  /** The conversation without its system messages. */
  readonly items: readonly WireItem[];
  readonly tools: readonly ToolDefinition[];
  /** Everything else of the body that shapes the answer, in the format's own names. */
  readonly params: ReadonlyMap<string, unknown>;
  /** Server-side history that this request continues: a recorded answer cannot stand in for what is not in the request. */
  readonly continues: string | undefined;
}

export type WireFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'error' | 'other';

/** An answer, read in one way for all formats. Usage is inclusive, as everywhere (shared/model/usage.ts). */
export interface WireAnswer {
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly parts: readonly WirePart[];
  readonly finish: WireFinish | undefined;
  readonly usage: Usage | undefined;
  /** The provider's error, where the answer is one or the stream ended in one. */
  readonly error: string | undefined;
}

/** What the path of a request says. */
export interface WireRoute {
  readonly family: WireFamily;
  /** Gemini writes both into the path. */
  readonly model: string | undefined;
  readonly stream: boolean | undefined;
}

/** A text inside a request, with the JSON string literal that holds it. */
export interface LocatedText {
  readonly text: string;
  readonly literal: JsonCursor;
}

export interface LocatedResult {
  readonly callId: string | undefined;
  readonly name: string | undefined;
  /** The value that holds the result. */
  readonly value: JsonCursor;
  /** The object around it. */
  readonly holder: JsonCursor;
}

export interface WireFormat {
  readonly family: WireFamily;
  /** OpenTelemetry's name (gen_ai.provider.name) for whoever defined the format. */
  readonly provider: string;
  /** `path` without query, below the prefix of the gateway; undefined when it is not a call of this format. */
  recognise(path: string): WireRoute | undefined;
  readRequest(body: unknown, route: WireRoute): WireCall;
  readAnswer(body: unknown): WireAnswer;
  readStream(events: readonly SseEvent[]): WireAnswer;
  /** One JSON body. `model`: what the client asked for, so that its own checks pass. */
  writeAnswer(answer: WireAnswer, model: string): string;
  /** The same answer as a stream that the official SDKs accept (rerun.md 7). */
  writeStream(answer: WireAnswer, model: string, options: { readonly includeUsage: boolean }): string;
  /** An error that makes every known client stop and show the message. */
  writeError(status: number, message: string): string;
  /** The list that holds the conversation, system messages included where the format mixes them. */
  itemList(root: JsonCursor): JsonCursor | undefined;
  /** For each element of that list: its place among `WireCall.items`, or `system`. One element may hold several items. */
  placesOf(root: JsonCursor): readonly (readonly number[] | 'system')[];
  systemTexts(root: JsonCursor): readonly LocatedText[];
  /** Texts of one element of the list, in order. */
  itemTexts(element: JsonCursor): readonly LocatedText[];
  results(root: JsonCursor): readonly LocatedResult[];
  /** A new element for the list. */
  writeItem(role: 'user' | 'assistant', text: string): string;
  /** Sets the instructions of a request that has none. */
  addSystem(root: JsonCursor, text: string): Splice;
  /** The member that holds instructions outside the list; undefined where they are in the list. */
  readonly systemMember: string | undefined;
  /** A result's value as the format writes it, and what says that it is an error. */
  writeResult(result: LocatedResult, content: string, isError: boolean | undefined): readonly Splice[];
}
