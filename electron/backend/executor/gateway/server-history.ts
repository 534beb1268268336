import { rootCursor, sourceOf } from '../../base/json-cursor.ts';
import { listOf } from './request-elements.ts';
import type { WireAnswer, WireCall, WireFormat } from './wire.ts';

/**
 * Histories that a provider keeps and requests only name: what the recording and this take know of them. A model that is asked with an
 * edit must see it in the whole history, so a live request is sent with its history written out.
 */
export interface ServerHistory {
  /** A call that was answered: its request as the model saw it. */
  answered(format: WireFormat, call: WireCall, body: string, answer: WireAnswer): void;
  /** The request with its history in it; undefined where that is not known, `body` itself where it names none. */
  writtenOut(format: WireFormat, call: WireCall, body: string): string | undefined;
}

export function createServerHistory(): ServerHistory {
  /**
   * By the name of an answer: what stood before it, and itself. A conversation object is not here: what was put into it before the
   * recording, or beside the gateway, is not known.
   */
  const known = new Map<string, readonly string[]>();

  /** Undefined where it goes on from something that is not known: half a history would be taken for a whole one. */
  function ofRequest(format: WireFormat, { continues }: WireCall, body: string): readonly string[] | undefined {
    const own = listOf(format, rootCursor(body)).map((element) => {
      const source = sourceOf(element);
      return source.startsWith('"') ? format.writeItem('user', String(JSON.parse(source))) : source;
    });
    if (continues === undefined) return own;
    const before = known.get(continues);
    return before && [...before, ...own];
  }

  return {
    answered(format, call, body, answer) {
      const { serverState } = format;
      if (!serverState || answer.error !== undefined) return;
      const asked = ofRequest(format, call, body);
      if (asked && answer.id !== undefined) known.set(answer.id, [...asked, ...serverState.answered(answer)]);
    },
    writtenOut(format, { continues }, body) {
      if (continues === undefined) return body;
      const history = known.get(continues);
      return history && format.serverState?.writtenOut(body, history);
    },
  };
}
