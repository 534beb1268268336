import type { Edit } from '../../../../shared/model/edit.ts';
import { applySplices, elementsOf, memberOf, rootCursor, setMember, sourceOf } from '../../base/json-cursor.ts';
import type { JsonCursor, Splice } from '../../base/json-cursor.ts';
import { isRecord, parseJson, stableJson } from '../../base/json-values.ts';
import { editRequest } from './edit-request.ts';
import type { OutgoingRequest, WireFormat } from './wire.ts';
import { cacheMark } from './wires/wire-common.ts';

/**
 * Pinned context (FACTS.md, Pinned context): at the fork the recorded request with the edits went out in place of the live one; later
 * requests of that thread get the same beginning. So an edit stays in force although the agent does not know of it, and
 * what drifted in the replayed part never reaches the model.
 */
export interface Pin {
  /** Whether a request goes on where the fork's request ended. */
  covers(body: string): boolean;
  /** The request as it goes out: beginning and instructions as pinned, the rest as the agent wrote it, edits of the whole run applied. */
  apply(request: OutgoingRequest): OutgoingRequest;
}

export interface Fork {
  /** What the agent sent at the fork. */
  readonly live: string;
  /** What went out instead. */
  readonly outgoing: string;
}

export function createPin(format: WireFormat, fork: Fork, edits: readonly Edit[]): Pin {
  const liveElements = elementKeys(format, fork.live);
  const liveSystem = systemKey(format, fork.live);
  const pinnedRoot = rootCursor(fork.outgoing);
  const pinned = listOf(format, pinnedRoot).map(sourceOf);
  const pinnedSystem = format.systemMember === undefined ? undefined : memberOf(pinnedRoot, format.systemMember);
  const lasting = runEdits(edits);

  return {
    covers(body) {
      const keys = elementKeys(format, body);
      return keys.length >= liveElements.length && liveElements.every((key, at) => key === keys[at]);
    },
    apply(request) {
      // First what holds for the whole run: the pinned beginning has it already.
      const edited = editRequest(format, request, lasting, { lasting: true });
      const root = rootCursor(edited.body);
      const original = listOf(format, rootCursor(request.body));
      const elements = listOf(format, root);
      const splices: Splice[] = [];
      const first = elements[0];
      const last = elements[liveElements.length - 1];
      if (first && last) {
        const beginning = pinned.map((source, at) =>
          format.pinnedElement ? format.pinnedElement(source, original[at]) : source,
        );
        splices.push({ start: first.start, end: last.end, replacement: beginning.join(',') });
      }
      if (format.systemMember !== undefined && systemKey(format, request.body) === liveSystem) {
        const splice = setMember(root, format.systemMember, pinnedSystem && sourceOf(pinnedSystem));
        if (splice) splices.push(splice);
      }
      return { path: edited.path, body: applySplices(edited.body, splices) };
    },
  };
}

/** The edits that hold for every live call, not for the fork's alone. */
export function runEdits(edits: readonly Edit[]): readonly Edit[] {
  return edits.filter(
    (edit) =>
      edit.op === 'prompt_rule' ||
      ((edit.op === 'model' || edit.op === 'provider' || edit.op === 'params' || edit.op === 'tools') &&
        edit.scope === 'run'),
  );
}

function listOf(format: WireFormat, root: JsonCursor): readonly JsonCursor[] {
  const list = format.itemList(root);
  if (!list) return [];
  return sourceOf(list).startsWith('[') ? elementsOf(list) : [list];
}

function elementKeys(format: WireFormat, body: string): readonly string[] {
  return listOf(format, rootCursor(body)).map((element) => stableJson(withoutCacheMarks(parseJson(sourceOf(element)))));
}

function systemKey(format: WireFormat, body: string): string | undefined {
  if (format.systemMember === undefined) return undefined;
  const system = memberOf(rootCursor(body), format.systemMember);
  return system && stableJson(withoutCacheMarks(parseJson(sourceOf(system))));
}

/** They move from message to message: they say nothing about the conversation. */
function withoutCacheMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCacheMarks);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === cacheMark ? [] : [[key, withoutCacheMarks(item)]])),
  );
}
