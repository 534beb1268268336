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

  function ofRequest(format: WireFormat, { continues }: WireCall, body: string): readonly string[] {
    const own = listOf(format, rootCursor(body)).map((element) => {
      const source = sourceOf(element);
      return source.startsWith('"') ? format.writeItem('user', String(JSON.parse(source))) : source;
    });
    return continues === undefined ? own : [...(known.get(continues) ?? []), ...own];
  }

  return {
    answered(format, call, body, answer) {
      const { serverState } = format;
      if (!serverState || answer.error !== undefined) return;
      const items = [...ofRequest(format, call, body), ...serverState.answered(answer)];
      if (answer.id !== undefined) known.set(answer.id, items);
    },
    writtenOut(format, { continues }, body) {
      if (continues === undefined) return body;
      const history = known.get(continues);
      return history && format.serverState?.writtenOut(body, history);
    },
  };
}
