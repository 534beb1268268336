import { memberOf, replaceWith, rootCursor, setMember, sourceOf } from '../../base/json-cursor.ts';
import type { JsonCursor, Splice } from '../../base/json-cursor.ts';
import type { EditState } from './edit-state.ts';
import { patched } from './edited-texts.ts';
import type { ForkContext } from './fork-context.ts';
import { isInside, systemKey, systemMemberOf } from './request-elements.ts';
import type { OutgoingRequest } from './wire.ts';

/** Instructions that stand beside the list. `states` is told what became of the edits of them. */
export function systemSplices(
  { format, fork, own, inherited }: ForkContext,
  request: OutgoingRequest,
  root: JsonCursor,
  states: Map<number, EditState['state']>,
): readonly Splice[] {
  const member = systemMemberOf(format, request.body);
  if (member === undefined) return [];
  const edits = own.flatMap((edit, at) => (edit.op === 'message' && edit.item === 'system' ? [at] : []));
  const say = (state: EditState['state']): void => edits.forEach((at) => states.set(at, state));
  if (systemKey(format, request.body) === systemKey(format, fork.live)) {
    say('kept');
    const outgoingMember = systemMemberOf(format, fork.outgoing);
    const outgoingSystem =
      outgoingMember === undefined ? undefined : memberOf(rootCursor(fork.outgoing), outgoingMember);
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
    const isOwn = base !== undefined && base !== text;
    const isInherited = inherited.some((edit) => edit.op === 'message' && edit.item === 'system' && edit.text === text);
    const bases = isOwn
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
