import type { Part } from '../../../../../shared/model/message.ts';
import {
  applySplices,
  kindOf,
  memberOf,
  replaceWith,
  rootCursor,
  setMember,
  sourceOf,
} from '../../../base/json-cursor.ts';
import type { JsonCursor } from '../../../base/json-cursor.ts';
import { asText, isRecord, stableJson } from '../../../base/json-values.ts';
import type { JsonRecord } from '../../../base/json-values.ts';
import type { LocatedText, OutgoingRequest } from '../wire.ts';

/** What the wire formats read alike. */

export function locatedText(cursor: JsonCursor | undefined): readonly LocatedText[] {
  return cursor && kindOf(cursor) === 'string' ? [{ text: String(JSON.parse(sourceOf(cursor))), literal: cursor }] : [];
}

export function otherParams(request: JsonRecord, known: ReadonlySet<string>): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(request).filter(([key]) => !known.has(key)));
}

export function errorText(error: unknown): string | undefined {
  if (error === undefined || error === null) return undefined;
  if (typeof error === 'string') return error;
  return (isRecord(error) ? asText(error['message']) : undefined) ?? stableJson(error);
}

/** Parts as one text, for a result that the canonical form holds as text. */
export function textOfParts(parts: readonly Part[]): string {
  return parts
    .map((part) => (part.type === 'text' ? part.text : part.type === 'unknown' ? part.raw : stableJson(part)))
    .join('\n');
}

/** Where a member would be that is not there: a list without elements. */
export function nothingAt({ text, start }: JsonCursor): JsonCursor {
  return { text, start, end: start };
}

/** `WireFormat.withModel` of formats that have the model in the body. */
export function withModelMember(request: OutgoingRequest, model: string): OutgoingRequest {
  const root = rootCursor(request.body);
  const known = memberOf(root, 'model');
  const splice = known ? replaceWith(known, JSON.stringify(model)) : setMember(root, 'model', JSON.stringify(model));
  return { ...request, body: splice ? applySplices(request.body, [splice]) : request.body };
}

/** Clients of Anthropic's API (and of those who pass it on) move this mark to their newest message with every call. */
export const cacheMark = 'cache_control';
