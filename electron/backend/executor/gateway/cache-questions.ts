import { createHash } from 'node:crypto';
import { applySplices, rootCursor } from '../../base/json-cursor.ts';
import type { Exchange } from './exchange.ts';
import type { WireCall, WireFormat, WireItem } from './wire.ts';

/** Has providers say themselves why their cache was lost, for the live calls of one take. Off until it is chosen. */
export interface CacheQuestions {
  /** The request with the question which earlier answer it should have found in the cache; as it is where nobody can be asked. */
  ask(call: AskedCall): string;
  /** What a later call of its conversation is compared with. */
  answered(exchange: Exchange): void;
}

export interface AskedCall {
  readonly format: WireFormat;
  readonly call: WireCall;
  /** As it would go out, JSON text. */
  readonly text: string;
  /** Where it goes. */
  readonly hostname: string;
}

interface AnsweredCall {
  readonly format: WireFormat;
  readonly id: string;
  readonly items: readonly string[];
}

/** Sub-agents of one take have their turns. */
const remembered = 100;

/** `isOwn`: whether a host is the provider's own. Others that speak its format may refuse a member that they do not know. */
export function createCacheQuestions(
  isOwn: (format: WireFormat, hostname: string) => boolean = (format, hostname) =>
    format.cacheQuestion?.host === hostname,
): CacheQuestions {
  const answered: AnsweredCall[] = [];

  /** The answer that a conversation goes on from: of the call that begins like this one for longest, of several the last. */
  function previousOf(format: WireFormat, items: readonly WireItem[]): string | undefined {
    const now = items.map(digestOf);
    let best: { readonly id: string; readonly same: number } | undefined;
    for (const one of answered) {
      if (one.format !== format) continue;
      let same = 0;
      while (same < one.items.length && one.items[same] === now[same]) same += 1;
      if (same > 0 && same >= (best?.same ?? 0)) best = { id: one.id, same };
    }
    return best?.id;
  }

  return {
    ask({ format, call, text, hostname }) {
      const question = format.cacheQuestion;
      if (question === undefined || !isOwn(format, hostname)) return text;
      const splice = question.ask(rootCursor(text), call, previousOf(format, call.items));
      return splice === undefined ? text : applySplices(text, [splice]);
    },
    answered({ format, call, answer, served, status }) {
      if (format?.cacheQuestion === undefined || call === undefined || served !== 'live' || status >= 400) return;
      if (answer?.id === undefined) return;
      answered.push({ format, id: answer.id, items: call.items.map(digestOf) });
      if (answered.length > remembered) answered.shift();
    },
  };
}

const digestOf = (item: WireItem): string => createHash('sha256').update(JSON.stringify(item)).digest('base64');
