import type { Edit } from '../../../../shared/model/edit.ts';
import { placeOfResult } from '../../../../shared/model/result-name.ts';
import {
  applySplices,
  insertElement,
  memberOf,
  replaceWith,
  rootCursor,
  setMember,
  sourceOf,
} from '../../base/json-cursor.ts';
import type { JsonCursor, Splice } from '../../base/json-cursor.ts';
import { alignElements } from './align-elements.ts';
import type { ElementPair } from './align-elements.ts';
import { editRequest, elementChange } from './edit-request.ts';
import { listOf, requestElements, systemKey, systemMemberOf } from './request-elements.ts';
import type { RequestElement } from './request-elements.ts';
import { scrub } from './scrub.ts';
import { likeness, mergedText } from './three-way.ts';
import type { OutgoingRequest, WireFormat } from './wire.ts';

/** What became of an edit in one live call. gone: the agent no longer sends what it is about. lost: it is there, and could not be edited. */
export interface EditState {
  /** Place in the take's list of edits. */
  readonly edit: number;
  readonly state: 'kept' | 'gone' | 'lost';
}

/** How the fork's call went out. */
export interface Fork {
  /** What the agent sent. */
  readonly live: string;
  /** What the recording has in its place; the same as `live` where only a trace tells of it. */
  readonly recorded: string;
  /** What went out: the recorded request with the edits. */
  readonly outgoing: string;
}

export interface EditedOutgoing {
  readonly request: OutgoingRequest;
  readonly states: readonly EditState[];
  /** The beginning is the fork's, word for word. */
  readonly pinned: boolean;
}

/**
 * Edits are facts about a conversation: the agent does not know of them and sends its own history, in whatever form it has by then. Each
 * is kept in force by what it is about (FACTS.md, Pinned context): a result by its call, a message by its place among those that are still
 * there, instructions as a patch.
 */
export interface EditsInForce {
  /** The request goes on where the fork's ended, word for word. */
  covers(body: string): boolean;
  /** The request, of whatever conversation, holds what an edit is about. */
  holds(body: string): boolean;
  /**
   * `isThread`: of the fork's conversation. Otherwise only what names its object is edited, and nothing is said to be gone. `isContinued`:
   * the request holds only what is new since the history that it names, and that has the edits.
   */
  apply(request: OutgoingRequest, isThread: boolean, how?: { readonly isContinued: boolean }): EditedOutgoing;
  /** The request begins as the fork's did, and is of the same kind: the conversation of an agent that left its own answers out. */
  beginsAlike(body: string): boolean;
  /** The request is the fork's only message grown longer: a transcript of the conversation in one text (DSPy). `said`: what the fork's conversation was answered. */
  growsFrom(body: string, said: readonly string[]): boolean;
}

/** Of a text that has grown; the rest is what it ends with each time. */
const leastBeginning = 0.5;

/** Shorter texts stand in others by chance. */
const shortestQuote = 16;

type ResultEdit = Extract<Edit, { op: 'tool_result' }>;

/** A change of one text of an element. */
interface TextChange {
  readonly part: number;
  /** What was changed: as recorded, and as the agent sent it at the fork. */
  readonly bases: readonly string[];
  readonly text: string;
  readonly edits: readonly number[];
}

/** `own`: edits of this take, `inherited`: those of the takes before it, which the recorded request holds already. */
export function createEditsInForce(
  format: WireFormat,
  fork: Fork,
  { own, inherited }: { readonly own: readonly Edit[]; readonly inherited: readonly Edit[] },
): EditsInForce {
  const lasting = runEdits([...inherited, ...own]);
  const live = requestElements(format, fork.live);
  const recorded = requestElements(format, fork.recorded);
  const outgoing = requestElements(format, fork.outgoing);
  const liveSystem = systemKey(format, fork.live);
  const outgoingRoot = rootCursor(fork.outgoing);
  const outgoingMember = systemMemberOf(format, fork.outgoing);
  const outgoingSystem = outgoingMember === undefined ? undefined : memberOf(outgoingRoot, outgoingMember);
  const toRecorded = places(alignElements(live, recorded));
  const toOutgoing = placesAfter(format, fork, own, { live, recorded, outgoing, toRecorded });
  const fromOutgoing = new Map([...toOutgoing].map(([from, at]) => [at, from]));
  const results = resultEdits();
  const outgoingResults = editedResults();

  function editsOf(op: Edit['op']): readonly number[] {
    return own.flatMap((edit, at) => (edit.op === op ? [at] : []));
  }

  /** Which texts of the agent's element differ by an edit, not by drift. */
  function changesOf(place: number): readonly TextChange[] {
    const target = outgoing[toOutgoing.get(place) ?? -1];
    if (!target) return [];
    const base = recorded[toRecorded.get(place) ?? -1];
    return target.texts.flatMap(({ text, literal }, part): TextChange[] => {
      if (isOfEditedResult(literal, text)) return [];
      const before = base?.texts[part]?.text;
      const sent = live[place]?.texts[part]?.text;
      if (before !== undefined && before !== text)
        return [{ part, text, bases: [before, ...(sent === undefined ? [] : [sent])], edits: messageEditsOf(text) }];
      const isInherited = inherited.some((edit) => edit.op === 'message' && edit.text === text);
      return isInherited && sent !== undefined && sent !== text ? [{ part, text, bases: [sent], edits: [] }] : [];
    });
  }

  /** An edit of a result is about the result, in whatever form it is sent: it is no patch of its text, and is told of once. */
  function isOfEditedResult(literal: JsonCursor, text: string): boolean {
    return (
      outgoingResults.some((value) => isInside(value, literal)) &&
      !own.some((edit) => edit.op === 'message' && edit.text === text)
    );
  }

  function messageEditsOf(text: string): readonly number[] {
    const found = own.flatMap((edit, at) => (edit.op === 'message' && edit.text === text ? [at] : []));
    return found.length > 0 ? found : editsOf('message');
  }

  /** Results that were edited, each with what it says last, and the element of the agent's request that holds it. */
  function resultEdits() {
    const found = format.results(rootCursor(fork.live));
    const byResult = new Map<number | string, { readonly edit: ResultEdit; readonly edits: number[] }>();
    for (const { edit, at } of [
      ...inherited.map((edit) => ({ edit, at: undefined })),
      ...own.map((edit, at) => ({ edit, at })),
    ]) {
      if (edit.op !== 'tool_result') continue;
      const key = placeOfResult(found, edit.callId) ?? edit.callId;
      byResult.set(key, { edit, edits: [...(byResult.get(key)?.edits ?? []), ...(at === undefined ? [] : [at])] });
    }
    return [...byResult].map(([key, { edit, edits }]) => {
      const result = typeof key === 'number' ? found[key] : undefined;
      const place = result ? live.findIndex(({ cursor }) => isInside(cursor, result.holder)) : -1;
      const within = found.filter(({ holder }) => isInside(live[place]?.cursor, holder));
      return {
        edit,
        /** Places of the take's own edits of it. */
        edits,
        callId: result ? result.callId : edit.callId,
        /** Element of the agent's request at the fork, and which of its results it is. */
        place,
        offset: result ? within.indexOf(result) : -1,
        quote: result && plainText(format, sourceOf(result.value)),
      };
    });
  }

  /** Where edited results stand in what went out. */
  function editedResults(): readonly JsonCursor[] {
    const found = format.results(outgoingRoot);
    return results.flatMap(({ edit }) => found[placeOfResult(found, edit.callId) ?? -1]?.value ?? []);
  }

  function covers(elements: readonly RequestElement[]): boolean {
    return elements.length >= live.length && live.every(({ key }, at) => key === elements[at]?.key);
  }

  /** What an edit of the whole run names is there or not: it is in force either way. */
  function runStates(): readonly EditState[] {
    return own.flatMap((edit, at) => (runEdits([edit]).length > 0 ? [{ edit: at, state: 'kept' as const }] : []));
  }

  /** Instructions that stand beside the list. */
  function systemSplices(
    request: OutgoingRequest,
    root: JsonCursor,
    states: Map<number, EditState['state']>,
  ): readonly Splice[] {
    const member = systemMemberOf(format, request.body);
    if (member === undefined) return [];
    const edits = own.flatMap((edit, at) => (edit.op === 'message' && edit.item === 'system' ? [at] : []));
    const say = (state: EditState['state']): void => edits.forEach((at) => states.set(at, state));
    if (systemKey(format, request.body) === liveSystem) {
      say('kept');
      const splice = setMember(root, member, outgoingSystem && sourceOf(outgoingSystem));
      return splice ? [splice] : [];
    }
    const texts = (body: string) =>
      format
        .systemTexts(rootCursor(body))
        .filter(({ literal }) => isInside(memberOf(rootCursor(body), systemMemberOf(format, body) ?? ''), literal));
    const [before, sent, after, now] = [fork.recorded, fork.live, fork.outgoing, request.body].map(texts);
    const located = format.systemTexts(root);
    const changed = (after ?? []).flatMap(({ text }, part) => {
      const base = before?.[part]?.text;
      const own_ = base !== undefined && base !== text;
      const isInherited = inherited.some(
        (edit) => edit.op === 'message' && edit.item === 'system' && edit.text === text,
      );
      const bases = own_
        ? [base, ...(sent?.[part] ? [sent[part].text] : [])]
        : isInherited && sent?.[part]
          ? [sent[part].text]
          : [];
      return bases.length > 0 ? [{ part, text, bases }] : [];
    });
    if (changed.length === 0) return [];
    const splices = changed.flatMap(({ part, text, bases }) => {
      const target = located[part];
      const old = now?.[part]?.text;
      if (!target || old === undefined) return [];
      const next = patched(bases, text, old);
      return next === undefined ? [] : [replaceWith(target.literal, JSON.stringify(next))];
    });
    say(splices.length === changed.length ? 'kept' : 'gone');
    return splices;
  }

  return {
    covers: (body) => covers(requestElements(format, body)),
    holds(body) {
      if (results.length === 0) return false;
      const root = rootCursor(body);
      const named = new Set(format.results(root).map(({ callId }) => callId));
      if (results.some(({ callId }) => callId !== undefined && named.has(callId))) return true;
      const quotes = results.flatMap(({ quote }) =>
        quote !== undefined && quote.length >= shortestQuote ? [quote] : [],
      );
      return (
        quotes.length > 0 &&
        requestElements(format, body).some(
          ({ texts, role }) =>
            role !== 'assistant' && texts.some(({ text }) => quotes.some((quote) => text.includes(quote))),
        )
      );
    },
    beginsAlike(body) {
      const ours = live.find(({ role }) => role === 'other');
      const given = requestElements(format, body);
      const theirs = given.find(({ role }) => role === 'other');
      // No longer than the fork's, it does not go on with anything: another agent's first request, about the same.
      return given.length > live.length && ours !== undefined && theirs !== undefined && isSameMessage(ours, theirs);
    },
    growsFrom(body, said) {
      const given = requestElements(format, body);
      const [ours, theirs] = [live, given].map((elements) => elements.filter(({ role }) => role !== 'system'));
      const before = ours?.length === 1 ? ours[0]?.texts.at(-1)?.text : undefined;
      const now = theirs?.length === 1 ? theirs[0]?.texts.at(-1)?.text : undefined;
      if (before === undefined || now === undefined || now.length <= before.length) return false;
      let same = 0;
      while (same < before.length && before[same] === now[same]) same++;
      return same >= before.length * leastBeginning && said.some((line) => now.includes(line));
    },
    apply(request, isThread, { isContinued } = { isContinued: false }) {
      // First what holds for the whole run: the fork's beginning has it already.
      const edited = editRequest(format, request, lasting, { lasting: true });
      const root = rootCursor(edited.body);
      const given = requestElements(format, request.body);
      const cursors = listOf(format, root);
      const states = new Map<number, EditState['state']>();
      const splices: Splice[] = [];
      const pinnedSource = (at: number, place: number): string => {
        const source = outgoing[at]?.source ?? '';
        return format.pinnedElement ? format.pinnedElement(source, given[place]?.cursor) : source;
      };

      const first = cursors[0];
      const last = cursors[live.length - 1];
      if (isThread && !isContinued && covers(given) && first && last) {
        const beginning = outgoing.map((_, at) => pinnedSource(at, fromOutgoing.get(at) ?? at));
        splices.push({ start: first.start, end: last.end, replacement: beginning.join(',') });
        own.forEach((edit, at) => {
          if (
            isOfContext(edit) &&
            !(edit.op === 'message' && edit.item === 'system' && format.systemMember !== undefined)
          )
            states.set(at, 'kept');
        });
        splices.push(...systemSplices(request, root, states));
        return finished(edited, splices, states, true);
      }

      const pairs = isThread && !isContinued ? alignElements(live, given) : new Map<number, ElementPair>();
      const replaced = new Set<number>();
      const list = format.itemList(root);
      for (const [from, { at, how }] of pairs) {
        const target = toOutgoing.get(from);
        const cursor = cursors[at];
        if (!cursor || !list) continue;
        if (target === undefined) {
          // Taken out of the fork's request.
          splices.push(removal(cursors, at));
          replaced.add(at);
          continue;
        }
        if (how === 'same') {
          splices.push({ start: cursor.start, end: cursor.end, replacement: pinnedSource(target, at) });
          replaced.add(at);
        }
      }
      // Texts of what the agent has written anew.
      for (const from of live.keys()) {
        const changes = isThread && !isContinued ? changesOf(from) : [];
        if (changes.length === 0) continue;
        const found = pairs.get(from) ?? moved(from, pairs, live, given);
        const texts = found === undefined ? [] : (requestElementTexts(format, cursors[found.at]) ?? []);
        for (const { part, bases, text, edits } of changes) {
          const say = (state: EditState['state']): void => edits.forEach((at) => states.set(at, state));
          if (found === undefined) {
            say(quoteIn(bases, text, edits) ? 'kept' : 'gone');
            continue;
          }
          if (replaced.has(found.at)) {
            say('kept');
            continue;
          }
          const old = given[found.at]?.texts[part]?.text;
          const target = texts[part];
          const next = old === undefined ? undefined : patched(bases, text, old);
          if (!target || next === undefined) {
            say(old === undefined ? 'gone' : 'lost');
            continue;
          }
          splices.push(replaceWith(target.literal, JSON.stringify(next)));
          say('kept');
        }
      }
      function quoteIn(bases: readonly string[], text: string, edits: readonly number[]): boolean {
        return edits.length > 0 && quoted(bases, text);
      }
      // Results, wherever they stand.
      const located = format.results(root);
      for (const { edit, edits, callId, place, offset, quote } of results) {
        const say = (state: EditState['state']): void => edits.forEach((at) => states.set(at, state));
        const pair = pairs.get(place);
        if (pair && replaced.has(pair.at)) {
          say('kept');
          continue;
        }
        const inPlace = pair && cursors[pair.at];
        const found =
          callId !== undefined
            ? located.find((result) => result.callId === callId)
            : inPlace &&
              located.filter(({ holder }) => holder.start >= inPlace.start && holder.end <= inPlace.end)[offset];
        if (found && !inAny(found.holder, replaced, cursors)) {
          splices.push(...format.writeResult(found, edit.content, edit.isError));
          say('kept');
        } else if (quote !== undefined && quoted([quote], edit.content)) say('kept');
        else if (isThread) say('gone');
      }
      /** The agent has put the text into another one: a transcript, a list of what happened. */
      function quoted(bases: readonly string[], text: string): boolean {
        let any = false;
        for (const base of bases) {
          if (base.length < shortestQuote) continue;
          for (const [at, { role, texts }] of given.entries()) {
            if (role === 'assistant' || replaced.has(at)) continue;
            const now = requestElementTexts(format, cursors[at]) ?? [];
            for (const [part, { text: old }] of texts.entries()) {
              const target = now[part];
              if (!old.includes(base) || !target) continue;
              replaced.add(at);
              splices.push(replaceWith(target.literal, JSON.stringify(old.replaceAll(base, () => text))));
              any = true;
            }
          }
        }
        return any;
      }
      if (isThread && !isContinued && list) {
        for (const [at] of outgoing.entries()) {
          if (fromOutgoing.has(at)) continue;
          const edits = editsOf('insert_message');
          // A history that was written out here has it already.
          if (given.some(({ key }) => key === outgoing[at]?.key)) {
            for (const edit of edits) states.set(edit, 'kept');
            continue;
          }
          const where = insertionPlace(at, fromOutgoing, pairs, outgoing.length);
          const state = where === undefined && outgoing[at]?.role !== 'system' ? 'gone' : 'kept';
          if (state === 'kept') splices.push(insertElement(list, where ?? 0, outgoing[at]?.source ?? ''));
          for (const edit of edits) states.set(edit, state);
        }
        own.forEach((edit, at) => {
          if (edit.op !== 'remove_message') return;
          const gone = [...live.keys()].filter((from) => !toOutgoing.has(from));
          // What stood beside it is there, and it is not: it was taken out before.
          const isOut = gone.some((from) => pairs.has(from) || pairs.has(from - 1) || pairs.has(from + 1));
          states.set(at, isOut ? 'kept' : 'gone');
        });
      }
      if (isThread) splices.push(...systemSplices(request, root, states));
      if (isThread && isContinued)
        own.forEach((edit, at) => {
          if (isOfContext(edit) && !(edit.op === 'message' && edit.item === 'system')) states.set(at, 'kept');
        });
      return finished(edited, merged(splices), states, false);
    },
  };

  function finished(
    edited: OutgoingRequest,
    splices: readonly Splice[],
    states: ReadonlyMap<number, EditState['state']>,
    pinned: boolean,
  ): EditedOutgoing {
    return {
      request: { path: edited.path, body: applySplices(edited.body, splices) },
      states: [...runStates(), ...[...states].map(([edit, state]) => ({ edit, state }))].toSorted(
        (a, b) => a.edit - b.edit,
      ),
      pinned,
    };
  }
}

/** The same message of the same run: a time in it may have moved on, a name has not changed. */
function isSameMessage(left: RequestElement, right: RequestElement): boolean {
  if (left.key === right.key) return true;
  if (left.template !== right.template) return false;
  const [ours, theirs] = [left, right].map(({ source }) => scrub(source).values);
  return (
    ours?.every(
      ({ kind, value }, at) => kind === 'time' || kind === 'measure' || kind === 'any' || value === theirs?.[at]?.value,
    ) === true
  );
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

/** About what the model sees of the conversation. */
export function isOfContext({ op }: Edit): boolean {
  return op === 'message' || op === 'remove_message' || op === 'insert_message' || op === 'tool_result';
}

function places(pairs: ReadonlyMap<number, ElementPair>): ReadonlyMap<number, number> {
  return new Map([...pairs].map(([from, { at }]) => [from, at]));
}

/** Where each element of the agent's request at the fork stands in what went out. */
function placesAfter(
  format: WireFormat,
  fork: Fork,
  own: readonly Edit[],
  {
    live,
    recorded,
    outgoing,
    toRecorded,
  }: {
    readonly live: readonly RequestElement[];
    readonly recorded: readonly RequestElement[];
    readonly outgoing: readonly RequestElement[];
    readonly toRecorded: ReadonlyMap<number, number>;
  },
): ReadonlyMap<number, number> {
  // Each edit names its place in what the ones before it have made: the places move with them.
  const order: (number | undefined)[] = recorded.map((_, at) => at);
  let request: OutgoingRequest = { path: '', body: fork.recorded };
  for (const edit of own) {
    if (!isOfContext(edit) && edit.op !== 'tools') continue;
    const moves = elementChange(format, request.body, edit);
    if (moves) order.splice(moves.at, moves.removed ? 1 : 0, ...(moves.removed ? [] : [undefined]));
    request = editRequest(format, request, [edit]);
  }
  const after =
    order.length === outgoing.length
      ? new Map(order.flatMap((from, at) => (from === undefined ? [] : [[from, at] as const])))
      : places(alignElements(recorded, outgoing));
  return new Map(
    live.flatMap((_, from) => {
      const at = after.get(toRecorded.get(from) ?? -1);
      return at === undefined ? [] : [[from, at] as const];
    }),
  );
}

/** Before which element of the later request a new one stands; undefined where its neighbours are gone. */
function insertionPlace(
  at: number,
  fromOutgoing: ReadonlyMap<number, number>,
  pairs: ReadonlyMap<number, ElementPair>,
  count: number,
): number | undefined {
  for (let before = at - 1; before >= 0; before--) {
    const pair = pairs.get(fromOutgoing.get(before) ?? -1);
    if (pair) return pair.at + 1;
  }
  for (let next = at + 1; next < count; next++) {
    const pair = pairs.get(fromOutgoing.get(next) ?? -1);
    if (pair) return pair.at;
  }
  return undefined;
}

/**
 * A message at the end that the agent sends anew with each call (a reminder) is still at the end. Where what it stood behind is not
 * there either, the history was cut there, and the last message is one that came since.
 */
function moved(
  from: number,
  pairs: ReadonlyMap<number, ElementPair>,
  live: readonly RequestElement[],
  given: readonly RequestElement[],
): ElementPair | undefined {
  const at = given.length - 1;
  const ours = live[from];
  const theirs = given[at];
  if (from !== live.length - 1 || !ours || !theirs || [...pairs.values()].some((pair) => pair.at === at))
    return undefined;
  if (ours.holdsResult || theirs.holdsResult || !pairs.has(from - 1)) return undefined;
  // What opens a conversation is no reminder: it does not move.
  if (!live.slice(0, from).some(({ role }) => role === ours.role)) return undefined;
  const text = ({ texts }: RequestElement): string => texts.map((one) => one.text).join('\n');
  return ours.role === theirs.role && likeness(text(ours), text(theirs)) >= 0.5 ? { at, how: 'place' } : undefined;
}

/** The edit in another form of the text: as a patch, or as a whole where it is the same text otherwise. */
function patched(bases: readonly string[], text: string, now: string): string | undefined {
  for (const base of bases) {
    const made = mergedText(base, text, now);
    if (made !== undefined) return made;
  }
  return bases.some((base) => likeness(base, now) >= 0.3) ? text : undefined;
}

function plainText(format: WireFormat, source: string): string | undefined {
  const value: unknown = JSON.parse(source);
  if (typeof value === 'string') return value;
  const plain = format.plainResult?.(source);
  if (plain !== undefined && plain !== source) return plain;
  const texts = Array.isArray(value)
    ? value.flatMap((part: unknown) =>
        typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string' ? [part.text] : [],
      )
    : [];
  return texts.length === 1 ? texts[0] : undefined;
}

function requestElementTexts(format: WireFormat, cursor: JsonCursor | undefined) {
  if (!cursor) return undefined;
  const value: unknown = JSON.parse(sourceOf(cursor));
  return typeof value === 'string' ? [{ text: value, literal: cursor }] : format.itemTexts(cursor);
}

function isInside(outer: JsonCursor | undefined, inner: JsonCursor): boolean {
  return outer !== undefined && inner.start >= outer.start && inner.end <= outer.end;
}

function inAny(inner: JsonCursor, replaced: ReadonlySet<number>, cursors: readonly JsonCursor[]): boolean {
  return [...replaced].some((at) => isInside(cursors[at], inner));
}

/** The element with the comma that belongs to it: the one after it, or, of the last, the one before. */
function removal(cursors: readonly JsonCursor[], at: number): Splice {
  const own = cursors[at];
  const next = cursors[at + 1];
  if (!own) return { start: 0, end: 0, replacement: '' };
  return next
    ? { start: own.start, end: next.start, replacement: '' }
    : { start: cursors[at - 1]?.end ?? own.start, end: own.end, replacement: '' };
}

/** Two changes of the same place: the first one holds. */
function merged(splices: readonly Splice[]): readonly Splice[] {
  const kept: Splice[] = [];
  for (const splice of splices) {
    const clashes = kept.some((other) => splice.start < other.end && other.start < splice.end);
    if (!clashes) kept.push(splice);
  }
  return kept;
}
