import { parseJson } from '../../base/json-values.ts';
import type { Exchange } from '../gateway/exchange.ts';
import { createServerHistory } from '../gateway/server-history.ts';

/**
 * Calls as their model saw them: where a request only names a history that its provider keeps, that is put before what is new, in the
 * items that an edit of the call names. One per run; given each exchange when it has ended. A name that the run does not hold stays.
 */
export function createSeenCalls(): (exchange: Exchange) => Exchange {
  const history = createServerHistory();
  return (exchange) => {
    const { call, format, answer, status } = exchange;
    if (!call || !format?.serverState) return exchange;
    // An agent that sends its own history names none: its requests, each longer than the last, are not kept here.
    if (call.continues === undefined && call.items.some(({ role }) => role === 'assistant')) return exchange;
    const body = (exchange.outgoing ?? exchange.request).toString('utf8');
    if (answer && status < 400) history.answered(format, body, answer);
    const written = call.continues === undefined ? undefined : history.writtenOut(format, body);
    if (written === undefined) return exchange;
    const { system, items } = format.readRequest(parseJson(written), {
      family: call.family,
      model: call.model,
      stream: call.stream,
    });
    return { ...exchange, call: { ...call, system, items, continues: undefined } };
  };
}
