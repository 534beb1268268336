import { rootCursor, sourceOf } from '../../base/json-cursor.ts';
import { listOf } from './request-elements.ts';
import type { OutgoingRequest, WireAnswer, WireFormat } from './wire.ts';

/**
 * Histories that a provider keeps and requests only name: what the recording and this take know of them. A model that is asked with an
 * edit must see it in the whole history, so a live request is sent with its history written out.
 */
export interface ServerHistory {
  /** A call that was answered: its request as the model saw it. */
  answered(format: WireFormat, body: string, answer: WireAnswer): void;
  /** The request with its history in it; undefined where that is not known, `body` itself where it names none. */
  writtenOut(format: WireFormat, body: string): string | undefined;
}

export function createServerHistory(): ServerHistory {
  /**
   * By the name of an answer: what stood before it, and itself. A conversation object is not here: what was put into it before the
   * recording, or beside the gateway, is not known.
   */
  const known = new Map<string, readonly string[]>();

  /** Undefined where it goes on from something that is not known: half a history would be taken for a whole one. */
  function ofRequest(format: WireFormat, body: string): readonly string[] | undefined {
    const root = rootCursor(body);
    const own = listOf(format, root).map((element) => {
      const source = sourceOf(element);
      return source.startsWith('"') ? format.writeItem('user', String(JSON.parse(source))) : source;
    });
    const name = format.serverState?.named(root);
    if (name === undefined) return own;
    const before = known.get(name);
    return before && [...before, ...own];
  }

  return {
    answered(format, body, answer) {
      const { serverState } = format;
      if (!serverState || answer.error !== undefined) return;
      const asked = ofRequest(format, body);
      if (asked && answer.id !== undefined) known.set(answer.id, [...asked, ...serverState.answered(answer)]);
    },
    writtenOut(format, body) {
      const name = format.serverState?.named(rootCursor(body));
      if (name === undefined) return body;
      const history = known.get(name);
      return history && format.serverState?.writtenOut(body, history);
    },
  };
}

/** A call of a recording, as far as its history goes. */
export interface KeptCall {
  readonly seq: number;
  readonly format: WireFormat;
  readonly answer: WireAnswer;
  readonly request: () => Promise<OutgoingRequest>;
}

/**
 * What the model of a recorded call saw: its request with the history that it only names, put together from the calls before. As it was
 * sent where the recording does not hold them all.
 */
export async function wholeRequest(call: KeptCall, calls: readonly KeptCall[]): Promise<OutgoingRequest> {
  const sent = await call.request();
  const before: { readonly call: KeptCall; readonly body: string }[] = [];
  // Each is before the one that names it, so this ends.
  for (let at = call, { body } = sent; ;) {
    const name = at.format.serverState?.named(rootCursor(body));
    const { seq } = at;
    const previous =
      name === undefined ? undefined : calls.find((other) => other.seq < seq && other.answer.id === name);
    if (!previous) break;
    at = previous;
    ({ body } = await at.request());
    before.unshift({ call: at, body });
  }
  const history = createServerHistory();
  for (const {
    call: { format, answer },
    body,
  } of before)
    history.answered(format, body, answer);
  return { path: sent.path, body: history.writtenOut(call.format, sent.body) ?? sent.body };
}
