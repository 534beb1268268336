import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { RequestFacts } from '../../../../shared/model/break.ts';
import { isRecord } from '../../base/json-values.ts';
import type { WireCall, WirePart } from './wire.ts';

export interface AskedTool {
  readonly name: string;
  readonly arguments: string;
}

/** The tool calls of the answers that were given in this run, found again by what repeats their ids. */
export interface AskedTools {
  answered(parts: readonly WirePart[]): void;
  /** All calls of the answer that made this one. */
  askedWith(callId: string): readonly AskedTool[];
}

/** Beyond this the oldest are forgotten: a request is about the last answers. */
const idsKept = 10_000;

export function createAskedTools(): AskedTools {
  const byId = new Map<string, readonly AskedTool[]>();
  return {
    answered(parts) {
      const calls = parts.filter((part) => part.type === 'tool_call');
      const asked = calls.map(askedTool);
      for (const { id } of calls) if (id !== undefined) byId.set(id, asked);
      for (const id of [...byId.keys()].slice(0, Math.max(0, byId.size - idsKept))) byId.delete(id);
    },
    askedWith: (callId) => byId.get(callId) ?? [],
  };
}

/** What a request says of itself, for the conditions under which it is held. `body`: its JSON. */
export function requestFacts(call: WireCall, body: string, asked?: AskedTools): RequestFacts {
  return {
    model: call.model,
    called: calledLast(call, asked),
    offered: call.tools.map(({ name }) => name),
    characters: body.length,
    texts: textsOf(call),
    longestAnswer: longestAnswer(call.params),
  };
}

/** Chat completions have had two names for it; Responses, Messages and Gemini have one each. */
const answerLimits = ['max_completion_tokens', 'max_tokens', 'max_output_tokens', 'maxOutputTokens'];

function longestAnswer(params: WireCall['params']): number | undefined {
  const generation = params.get('generationConfig') ?? params.get('generation_config');
  const values = answerLimits.flatMap((name) => [
    params.get(name),
    isRecord(generation) ? generation[name] : undefined,
  ]);
  return values.find((value): value is number => typeof value === 'number' && value > 0);
}

/**
 * The tool calls of the last answer in the request. One answer may be several items, with results between them: what was given in
 * this run is known whole. Where the provider keeps the history, only the results name it.
 */
function calledLast({ items }: WireCall, asked: AskedTools | undefined): readonly AskedTool[] {
  const last = items.findLastIndex(({ role }) => role === 'assistant');
  const first = 1 + items.findLastIndex(({ role }, at) => at < last && role !== 'assistant');
  const parts = (last < 0 ? items : items.slice(first, last + 1)).flatMap((item) => item.parts);
  const found = new Map<string, AskedTool>();
  const add = (tool: AskedTool): unknown => found.set(`${tool.name} ${tool.arguments}`, tool);
  for (const part of parts) {
    if (part.type === 'tool_call') add(askedTool(part));
    const isOfAnswer = part.type === 'tool_call' || (part.type === 'tool_result' && last < 0);
    const known = isOfAnswer && part.id !== undefined ? (asked?.askedWith(part.id) ?? []) : [];
    for (const tool of known) add(tool);
    if (part.type === 'tool_result' && last < 0 && known.length === 0 && part.name !== undefined)
      add({ name: part.name, arguments: '' });
  }
  return [...found.values()];
}

function askedTool(part: Extract<WirePart, { type: 'tool_call' }>): AskedTool {
  return { name: part.name, arguments: part.arguments ?? '' };
}

/** Instructions, messages, calls and results of tools, definitions of tools; what is no text is left out. */
function textsOf({ system, items, tools }: WireCall): readonly string[] {
  return [
    ...[...system, ...items.flatMap(({ parts }) => parts)].flatMap(textsOfPart),
    ...tools.flatMap(({ name, description, parameters }) =>
      [name, description, parameters].filter((text) => text !== undefined),
    ),
  ];
}

function textsOfPart(part: WirePart): readonly string[] {
  switch (part.type) {
    case 'text':
      return [part.text];
    case 'reasoning':
      return part.text === undefined ? [] : [part.text];
    case 'tool_call':
      return [part.name, part.arguments ?? ''];
    case 'tool_result':
      return [part.name ?? '', part.result];
    case 'media':
      return part.uri === undefined ? [] : [part.uri];
    case 'unknown':
      return [part.raw];
    default:
      return assertNever(part);
  }
}
