import type { ProviderDiagnosis } from '../../../../shared/model/context-lens.ts';
import type { Part, ToolDefinition } from '../../../../shared/model/message.ts';
import type { ModelProvider } from '../../../../shared/model/take.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import type { JsonCursor, Splice } from '../../base/json-cursor.ts';
import type { JsonRecord } from '../../base/json-values.ts';
import type { ByHand } from './by-hand.ts';
import type { SseEvent } from './sse.ts';

/** Id of a wire format, as recordings keep it. What differs between formats is a member of `WireFormat`, never a branch on this. */
export type WireFamily = string;

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
  /** What the provider says of its cache, where it was asked. */
  readonly cacheDiagnosis?: ProviderDiagnosis | undefined;
}

/** What the path of a request says. */
export interface WireRoute {
  readonly family: WireFamily;
  /** Gemini writes both into the path. */
  readonly model: string | undefined;
  readonly stream: boolean | undefined;
}

/** A request as it goes out: path with query, below the prefix of the gateway. Some formats have the model in the path. */
export interface OutgoingRequest {
  readonly path: string;
  readonly body: string;
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

/** A list of tool definitions inside a request. `takesNew`: definitions that the request did not have may be added to it. */
export interface ToolList {
  readonly list: JsonCursor;
  readonly takesNew: boolean;
}

/** How a format offers tools to the model. */
export interface WireTools {
  /** Members of a request that hold lists of tools. */
  readonly listMembers: readonly string[];
  /** Members that say which tool to call, or how: without tools, providers refuse them. */
  readonly choiceMembers: readonly string[];
  /** Every list of definitions, wherever the format or one of its clients puts them. */
  lists(root: JsonCursor): readonly ToolList[];
  /** What an element of such a list is called; a provider's own tool by its type. */
  nameOf(definition: JsonRecord): string;
  /** A definition as the format writes it. What it does not say stays as the `replaced` one has it; undefined: it is new. */
  write(tool: ToolDefinition, replaced: unknown): string;
  /** New definitions as one element of the member `tools`, where the request has no list that takes them. */
  writeList(definitions: readonly string[]): string;
  /** The body without what an edit has left empty. */
  withoutEmptyLists(body: string): string;
  /** Names of tools whose input is plain text, not JSON. */
  plainTextNames(body: unknown): ReadonlySet<string>;
}

/** How a format writes history out that its provider would keep. */
export interface ServerState {
  /** What a request names in place of its history; undefined where it holds all of it. */
  named(root: JsonCursor): string | undefined;
  /** The elements of an answer as they stand in the next request's list, in JSON; what only the provider's own copy of it can be used with is left out. */
  answered(answer: WireAnswer): readonly string[];
  /** The request with this history before its own items, and without the name of the one that the provider keeps. */
  writtenOut(body: string, history: readonly string[]): string;
}

/** How a provider is asked why its cache was lost (FACTS.md, Prompt caches). */
export interface CacheQuestion {
  /** Whose API takes it; a host that passes the format on may not. */
  readonly host: string;
  /** Puts the question into a request. `previous`: the answer to compare with; undefined: there is none yet. Undefined: nothing is to be asked. */
  ask(root: JsonCursor, call: WireCall, previous: string | undefined): Splice | undefined;
}

/**
 * All that Retake knows of a provider's API: how a call is known and read, answered, edited, pinned and written. A new one is a
 * folder in wires/ and a line in wire-formats.ts; nothing else asks which format it is.
 */
export interface WireFormat {
  readonly family: WireFamily;
  /** OpenTelemetry's name (gen_ai.provider.name) for whoever defined the format. */
  readonly provider: string;
  /** OpenTelemetry's name of such a call (gen_ai.operation.name). */
  readonly operation: string;
  /** The kind of provider in the settings whose package speaks it: what only its author understands may go back to that one. */
  readonly providerKind: ModelProvider['kind'];
  /** The built-in provider that a run is of whose calls came by it. */
  readonly providerId: string;
  /** `path` without query, below the prefix of the gateway; undefined when it is not a call of this format. */
  recognise(path: string): WireRoute | undefined;
  readRequest(body: unknown, route: WireRoute): WireCall;
  readAnswer(body: unknown): WireAnswer;
  readStream(events: readonly SseEvent[]): WireAnswer;
  /** Words of the answer that one event of a stream holds, to be shown while they come; empty for any other event. */
  liveText(event: JsonRecord): string;
  /** One JSON body. `model`: what the client asked for, so that its own checks pass. */
  writeAnswer(answer: WireAnswer, model: string): string;
  /** The same answer as a stream that the official SDKs accept (FACTS.md, Wire shapes). */
  writeStream(answer: WireAnswer, model: string, options: { readonly includeUsage: boolean }): string;
  /** An error that makes every known client stop and show the message. */
  writeError(status: number, message: string): string;
  /** The request with another model, wherever the format names it. */
  withModel(request: OutgoingRequest, model: string): OutgoingRequest;
  /** A path with the model of another one; as it is where the model is not part of it. */
  withModelOf(path: string, other: string): string;
  /** Members that decide what a request is, beside model, stream and tools: changing them is no matter of parameters. */
  readonly ownMembers: readonly string[];
  readonly tools: WireTools;
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
  /** The same member as some clients write it (Gemini takes both forms of a name). */
  readonly otherSystemMember?: string;
  /** A result's value as the format writes it, and what says that it is an error. */
  writeResult(result: LocatedResult, content: string, isError: boolean | undefined): readonly Splice[];
  /** An element of a pinned beginning as it goes out in the place of `live`. Absent: as it was pinned. */
  pinnedElement?(pinned: string, live: JsonCursor | undefined): string;
  /** What the provider's package is given back with a part of a recording (its `providerOptions`); absent or undefined: the part must not go back. */
  returnedWith?(part: WirePart): Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** History that the provider keeps and a request only names (`WireCall.continues`). Absent: every request holds its own. */
  readonly serverState?: ServerState;
  /** Absent: the provider does not say what became of its cache. */
  readonly cacheQuestion?: CacheQuestion;
  /** How such a call is asked by hand, so that a step can be copied as a program. Absent: it cannot. */
  readonly byHand?: ByHand;
  /** A tool's result without what the format wraps a text in. Absent: it wraps nothing. */
  plainResult?(result: string): string;
}
