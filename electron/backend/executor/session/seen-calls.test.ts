import { expect, test } from 'vitest';
import { nanos } from '../../../../shared/model/units.ts';
import type { Exchange } from '../gateway/exchange.ts';
import { openAiResponses } from '../gateway/wires/openai-responses/openai-responses.ts';
import { withoutWire } from './prefix-spans.ts';
import { callSpan } from './run-spans.ts';
import { createSeenCalls } from './seen-calls.ts';

const route = { family: 'openai.responses', model: undefined, stream: undefined } as const;

function exchangeOf(seq: number, text: string, previous?: string): Exchange {
  const body = JSON.stringify({
    model: 'm',
    instructions: `Turn ${seq}.`,
    input: [{ type: 'message', role: 'user', content: text }],
    previous_response_id: previous,
  });
  return {
    ...withoutWire,
    seq,
    startNs: nanos(1n),
    endNs: nanos(2n),
    firstByteMs: undefined,
    status: 200,
    format: openAiResponses,
    request: Buffer.from(body),
    call: openAiResponses.readRequest(JSON.parse(body), route),
    answer: openAiResponses.readAnswer({
      id: `resp_${seq}`,
      status: 'completed',
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: `said ${seq}` }] }],
    }),
    served: 'live',
    isFork: false,
    note: undefined,
    serverAddress: undefined,
    provider: undefined,
    match: undefined,
  };
}

const textsOf = ({ call }: Exchange): readonly string[] =>
  (call?.items ?? []).flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? part.text : [])));

test('a step holds what its model saw, though its request only names it; a name of elsewhere stays', () => {
  const seen = createSeenCalls();
  expect(textsOf(seen(exchangeOf(0, 'one')))).toEqual(['one']);
  expect(textsOf(seen(exchangeOf(1, 'two', 'resp_0')))).toEqual(['one', 'said 0', 'two']);
  const third = seen(exchangeOf(2, 'three', 'resp_1'));
  expect(textsOf(third)).toEqual(['one', 'said 0', 'two', 'said 1', 'three']);
  // Instructions are not part of what is kept.
  expect(third.call?.system).toEqual([{ type: 'text', text: 'Turn 2.' }]);
  expect(third.request.toString()).toContain('"previous_response_id":"resp_1"');
  const identity = { traceId: 'a'.repeat(32), rootSpanId: 'b'.repeat(16), resource: {} };
  const span = (exchange: Exchange): string =>
    callSpan(identity, exchange, 'c'.repeat(16), undefined)?.toString() ?? '';
  expect(span(third)).not.toContain('previous_response.id');
  const other = seen(exchangeOf(3, 'four', 'resp_elsewhere'));
  expect(textsOf(other)).toEqual(['four']);
  expect(span(other)).toContain('gen_ai.request.previous_response.id');
});
