import type { ChosenEdit } from './edits.ts';
import type { SentCall } from './sent-call.ts';
import type { SeenMessage } from './wires.ts';

export interface Places {
  readonly call: SentCall;
  readonly edit: ChosenEdit;
  /** The call is of the fork's thread, at the fork or past it. */
  readonly isOfFork: boolean;
  /** What the agent sent, with the history that its server keeps. */
  readonly own: readonly SeenMessage[];
  /** What came to the model. */
  readonly seen: readonly SeenMessage[];
  /** Whether a text says what the agent's own says, but for the clock and the names of the run. */
  readonly saysTheSame: (text: string, own: string) => boolean;
}

/**
 * Message by message: each that came to the model is the agent's own in its place, or what the edit made of it. Whether all that came is
 * allowed is not enough: an edit that is in the message beside its own is there, and is a lie.
 */
export function strayedMessage({
  call,
  edit,
  isOfFork,
  own,
  seen,
  saysTheSame,
}: Places): { readonly expected: string; readonly got: string } | undefined {
  const objectAt = isOfFork ? placeOfObject(call, edit, own) : -1;
  let at = 0;
  for (const message of seen.filter(isLasting)) {
    if (isOfFork && edit.kind === 'insert' && message.text === edit.text) continue;
    if (at === objectAt && edit.kind === 'remove' && !isSame(message, own[at])) at++;
    const ours = own[at];
    const isObject = at === objectAt;
    at++;
    if (isSame(message, ours)) continue;
    if (message.role === ours?.role && (isObject || isQuoted(message.text, ours.text))) continue;
    return { expected: `${ours?.role ?? 'nothing'}: ${ours?.text ?? ''}`, got: `${message.role}: ${message.text}` };
  }
  return undefined;

  function isSame(message: SeenMessage, ours: SeenMessage | undefined): boolean {
    return message.role === ours?.role && saysTheSame(message.text, ours.text);
  }

  /** A list of what happened that quotes what was edited. */
  function isQuoted(text: string, ours: string): boolean {
    return (
      edit.original !== undefined &&
      ours.includes(edit.original) &&
      text === ours.replaceAll(edit.original, () => edit.text ?? '')
    );
  }
}

/** A reminder that was sent before stands in a history that the server keeps, and nowhere else. */
const isLasting = ({ text }: SeenMessage): boolean => !text.startsWith('Reminder');

/** Which of the agent's messages the edit is about: the name of each is known to nobody on the wire. */
function placeOfObject(call: SentCall, edit: ChosenEdit, own: readonly SeenMessage[]): number {
  const messages = call.wire === 'responses-state' && !call.isSummary ? call.history : call.request.messages;
  const object = messages.find(({ name }) => name === edit.object);
  if (!object) return -1;
  const alike = messages.filter(({ role, text }) => role === object.role && text === object.text);
  const places = own.flatMap(({ role, text }, at) => (role === object.role && text === object.text ? [at] : []));
  return places[alike.indexOf(object)] ?? -1;
}
