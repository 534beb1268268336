import type { Edit } from '../../../../shared/model/edit.ts';
import {
  applySplices,
  elementsOf,
  memberOf,
  membersOf,
  rootCursor,
  setMember,
  sourceOf,
} from '../../base/json-cursor.ts';
import type { JsonCursor, Splice } from '../../base/json-cursor.ts';
import { isRecord, parseJson, stableJson } from '../../base/json-values.ts';
import { editRequest } from './edit-request.ts';
import type { OutgoingRequest } from './edit-request.ts';
import type { WireFormat } from './wire.ts';

/**
 * Pinned context (rerun.md 3.4): at the fork the recorded request with the edits went out in place of the live one; later
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
          format.family === 'anthropic.messages' ? withCacheMarksOf(original[at], source) : source,
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

const cacheMark = 'cache_control';

/** Clients move this mark to their newest message with every call: it says nothing about the conversation. */
function withoutCacheMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCacheMarks);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === cacheMark ? [] : [[key, withoutCacheMarks(item)]])),
  );
}

/** Anthropic takes four marks a request: a message that the client no longer marks loses the recorded mark too. */
function withCacheMarksOf(live: JsonCursor | undefined, pinned: string): string {
  if (!pinned.includes(`"${cacheMark}"`) || (live && sourceOf(live).includes(`"${cacheMark}"`))) return pinned;
  const content = memberOf(rootCursor(pinned), 'content');
  const splices = (content ? elementsOf(content) : []).flatMap((block) => {
    const marked = membersOf(block).some(({ key }) => key === cacheMark);
    const splice = marked ? setMember(block, cacheMark, undefined) : undefined;
    return splice ? [splice] : [];
  });
  return applySplices(pinned, splices);
}
