import type { Message, Part } from '../../../../../shared/model/message.ts';
import { parseJson } from '../../../base/json-values.ts';
import type { JsonRecord } from '../../../base/json-values.ts';
import type { TracedCall } from '../by-hand.ts';

/** What the formats do alike when they write a call that only a trace tells of. */

export type NoteOf = (note: string) => void;

/** What was said to whoever writes a call, each once. */
function createNotes(): { readonly add: NoteOf; readonly list: () => readonly string[] } {
  const notes = new Set<string>();
  return { add: (note) => void notes.add(note), list: () => [...notes] };
}

export const isInstruction = ({ role }: Message): boolean => role === 'system' || role === 'developer';
export const isAnswer = ({ role }: Message): boolean => role === 'assistant' || role === 'model';

/** Calls and results with ids, which most providers want: one that the trace does not have is made up, by tool and order. */
export function withCallIds(messages: readonly Message[], note: NoteOf): readonly Message[] {
  let made = 0;
  const open: { readonly id: string; readonly name: string }[] = [];
  const withId = (part: Part): Part => {
    if (part.type === 'tool_call') {
      if (part.id === undefined) note('The trace has no ids of tool calls: those here are made up.');
      const id = part.id ?? `call_${++made}`;
      open.push({ id, name: part.name });
      return { ...part, id };
    }
    if (part.type !== 'tool_result') return part;
    const known = part.id === undefined ? -1 : open.findIndex(({ id }) => id === part.id);
    const byName = open.findIndex(({ name }) => part.name === undefined || name === part.name);
    const at = known >= 0 ? known : byName;
    const [asked] = part.id === undefined || known >= 0 ? open.splice(at < 0 ? 0 : at, 1) : [];
    return { ...part, id: part.id ?? asked?.id ?? `call_${++made}`, ...(asked && { name: part.name ?? asked.name }) };
  };
  return messages.map((message) => ({ ...message, parts: message.parts.map(withId) }));
}

/** An object out of the JSON of arguments; what is none is put where it can be found. */
export function argumentsObject(text: string | undefined): JsonRecord {
  const value = text === undefined || text === '' ? {} : parseJson(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : { value: value ?? text };
}

/** As it stood, where it is an object. */
function rawPart(raw: string): JsonRecord | undefined {
  const value = parseJson(raw);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}

const leftOut = {
  reasoning: 'What the model thought is left out: it goes back with its signature only, which is not in the trace.',
  media: 'An image or file is left out: its bytes are not in the trace.',
  unknown: 'A part of a message is left out: it is of no known kind.',
  server: 'What the provider ran by itself is left out.',
} as const;

/** The emitter's names of parameters, as the format names them. */
export type ParameterNames = Readonly<Record<string, string>>;

const streamNames = new Set(['stream', 'is_stream', 'streaming']);

/** Parameters as members of the request; those that the format does not have are told of. */
function parametersOf(
  { parameters }: TracedCall,
  names: ParameterNames,
  note: NoteOf,
): { readonly members: JsonRecord; readonly stream: boolean } {
  const known = new Map(Object.entries(names));
  const members = new Map<string, unknown>();
  const others: string[] = [];
  let stream = false;
  for (const { name, value } of parameters) {
    const plain = name.replaceAll(/[.-]/g, '_').toLowerCase();
    const member = known.get(plain);
    if (streamNames.has(plain)) stream = value === 'true' || value === '1';
    else if (member === undefined) others.push(name);
    else if (!members.has(member)) members.set(member, parseJson(value) ?? value);
  }
  if (others.length > 0) note(`Not written, since this request has no place for it: ${others.join(', ')}.`);
  note('Put together from the trace: what its emitter did not record of the request is missing.');
  return { members: Object.fromEntries(members), stream };
}

/** The text of a message that has nothing else; undefined where it has. */
export function onlyText({ parts }: Message): string | undefined {
  const [first] = parts;
  if (parts.length === 0) return '';
  return parts.length === 1 && first?.type === 'text' ? first.text : undefined;
}

export function jsonSchema(text: string | undefined): unknown {
  return text === undefined ? undefined : (parseJson(text) ?? text);
}

/** The request that `bodyOf` makes of a call's parameters, with what was noted on the way. */
export function writeTraced(
  call: TracedCall,
  names: ParameterNames,
  bodyOf: (given: { readonly members: JsonRecord; readonly stream: boolean; readonly note: NoteOf }) => JsonRecord,
): { readonly body: JsonRecord; readonly stream: boolean; readonly notes: readonly string[] } {
  const { add, list } = createNotes();
  const { members, stream } = parametersOf(call, names, add);
  const body = bodyOf({ members, stream, note: add });
  return { body, stream, notes: list() };
}

type ToolDefinition = TracedCall['tools'][number];

/** Where there are tools; an empty list is refused by some. */
export const toolsMember = (
  tools: readonly ToolDefinition[],
  write: (tool: ToolDefinition) => JsonRecord,
): JsonRecord => (tools.length === 0 ? {} : { tools: tools.map(write) });

export const streamMember = (stream: boolean): JsonRecord => (stream ? { stream } : {});

/** The address of an image or file, or its bytes as one. */
export const mediaAddress = ({ data, mimeType, uri }: Extract<Part, { type: 'media' }>): string | undefined =>
  data === undefined ? uri : `data:${mimeType ?? unknownBytes};base64,${data}`;

export const unknownBytes = 'application/octet-stream';

/** Says that a part is left out. */
export function without(what: keyof typeof leftOut, note: NoteOf): readonly JsonRecord[] {
  note(leftOut[what]);
  return [];
}

/** A part that Retake does not know: as it stood, or left out. */
export function unknownPart({ raw }: Extract<Part, { type: 'unknown' }>, note: NoteOf): readonly JsonRecord[] {
  const value = rawPart(raw);
  return value === undefined ? without('unknown', note) : [value];
}
