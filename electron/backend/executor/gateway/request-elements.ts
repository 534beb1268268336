import { hash } from 'node:crypto';
import { elementsOf, memberOf, rootCursor, sourceOf } from '../../base/json-cursor.ts';
import type { JsonCursor } from '../../base/json-cursor.ts';
import { isRecord, parseJson, stableJson } from '../../base/json-values.ts';
import { scrub } from './scrub.ts';
import type { LocatedText, WireFormat } from './wire.ts';
import { cacheMark } from './wires/wire-common.ts';

/** An element of the list that holds a request's conversation, as it is compared with one of an earlier request. */
export interface RequestElement {
  readonly cursor: JsonCursor;
  readonly source: string;
  /** The same for what means the same: without cache marks, keys in order. */
  readonly key: string;
  /** The same but for what is free. */
  readonly template: string;
  readonly role: 'system' | 'assistant' | 'other';
  readonly texts: readonly LocatedText[];
  /** Ids of the calls whose results it holds. */
  readonly resultIds: readonly string[];
  readonly holdsResult: boolean;
}

const maximumKnown = 20_000;
const known = new Map<string, Pick<RequestElement, 'key' | 'template'>>();

function keysOf(source: string): Pick<RequestElement, 'key' | 'template'> {
  const found = known.get(source);
  if (found) return found;
  const text = stableJson(withoutCacheMarks(parseJson(source)));
  const made = { key: hash('sha256', text, 'base64'), template: hash('sha256', scrub(text).text, 'base64') };
  if (known.size >= maximumKnown) known.clear();
  known.set(source, made);
  return made;
}

export function listOf(format: WireFormat, root: JsonCursor): readonly JsonCursor[] {
  const list = format.itemList(root);
  if (!list) return [];
  return sourceOf(list).startsWith('[') ? elementsOf(list) : [list];
}

export function requestElements(format: WireFormat, body: string): readonly RequestElement[] {
  const root = rootCursor(body);
  const places = format.placesOf(root);
  const results = format.results(root);
  return listOf(format, root).map((cursor, at): RequestElement => {
    const source = sourceOf(cursor);
    const own = results.filter(({ holder }) => holder.start >= cursor.start && holder.end <= cursor.end);
    const value = parseJson(source);
    return {
      cursor,
      source,
      ...keysOf(source),
      role: places[at] === 'system' ? 'system' : isAssistant(value) ? 'assistant' : 'other',
      texts: typeof value === 'string' ? [{ text: value, literal: cursor }] : format.itemTexts(cursor),
      resultIds: own.flatMap(({ callId }) => callId ?? []),
      holdsResult: own.length > 0,
    };
  });
}

function isAssistant(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { role, type } = value;
  return role === 'assistant' || role === 'model' || (typeof type === 'string' && /_call$|^reasoning$/.test(type));
}

/** Instructions outside the list, as they are compared. */
export function systemKey(format: WireFormat, body: string): string | undefined {
  const member = systemMemberOf(format, body);
  const system = member === undefined ? undefined : memberOf(rootCursor(body), member);
  return system && stableJson(withoutCacheMarks(parseJson(sourceOf(system))));
}

/** How this request calls the member that holds its instructions; undefined where the format has them in the list. */
export function systemMemberOf(format: WireFormat, body: string): string | undefined {
  const { systemMember, otherSystemMember } = format;
  if (otherSystemMember === undefined) return systemMember;
  return memberOf(rootCursor(body), otherSystemMember) ? otherSystemMember : systemMember;
}

/** They move from message to message: they say nothing about the conversation. */
function withoutCacheMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCacheMarks);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === cacheMark ? [] : [[key, withoutCacheMarks(item)]])),
  );
}

/** `inner` is a piece of `outer`. */
export function isInside(outer: JsonCursor | undefined, inner: JsonCursor): boolean {
  return outer !== undefined && inner.start >= outer.start && inner.end <= outer.end;
}
