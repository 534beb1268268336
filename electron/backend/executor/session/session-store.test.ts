import { expect, test } from 'vitest';
import { nanos } from '../../../../shared/model/units.ts';
import { createSecrets } from '../../base/secrets.ts';
import { firstToolSeq } from '../tools/tool-exchange.ts';
import { withoutWire } from './prefix-spans.ts';
import { createSessionStore } from './session-store.ts';
import type { SessionStoreOptions } from './session-store.ts';

const run = { traceId: 'a'.repeat(32), rootSpanId: 'b'.repeat(16), resource: {} };
const parentRunId = 'c'.repeat(32);
const exchange = {
  ...withoutWire,
  seq: 0,
  startNs: nanos(1_000n),
  endNs: nanos(2_000n),
  firstByteMs: undefined,
  status: 200,
  call: {
    family: 'openai.chat',
    model: 'm',
    stream: false,
    system: [],
    items: [],
    tools: [],
    params: new Map(),
    continues: undefined,
  },
  answer: undefined,
  served: 'recording',
  isFork: false,
  note: undefined,
  serverAddress: undefined,
  match: { seq: 4, level: 'exact', ignored: [], ambiguous: false, again: false },
} as const;

function open(more: Partial<SessionStoreOptions['services']> = {}) {
  const kept: string[] = [];
  const spans: string[] = [];
  const store = createSessionStore({
    run,
    secrets: createSecrets({}),
    services: {
      now: () => nanos(5_000n),
      putExchange: (_runId, { seq, detail }) => {
        kept.push(`${seq} ${detail}`);
        return Promise.resolve();
      },
      ingest: ({ body }) => {
        spans.push(Buffer.from(body).toString());
        return Promise.resolve({ accepted: 1, rejected: 0, message: undefined });
      },
      ...more,
    },
    take: {
      stepOf: (seq) => ({ step: seq + 1, stepId: 'd'.repeat(16) }),
      lineage: { parentRunId, rootRunId: parentRunId, forkStep: 9, edits: [] },
    },
  });
  return { store, kept, spans };
}

test('exchanges, tools and spans are kept in the order in which they were given; a recorded answer names the step that it is', async () => {
  const { store, kept, spans } = open();
  store.exchange(exchange, 'e'.repeat(16));
  store.tool({ name: 'look_up', arguments: '{}' }, { content: 'yes', isError: false }, 'live', 0);
  store.tool({ name: 'look_up', arguments: '{}' }, { content: 'no', isError: false }, 'recording', 0);
  store.span(Buffer.from('a span'));
  await store.settled();
  expect(kept.map((line) => line.split(' ')[0])).toEqual(['0', String(firstToolSeq), String(firstToolSeq + 1)]);
  expect(kept[0]).toContain('"match":{"seq":4,"step":5,"level":"exact","ignored":[]}');
  expect(spans).toHaveLength(2);
  for (const word of [parentRunId, 'd'.repeat(16), 'replay_of']) expect(spans[0]).toContain(word);
  expect(spans[1]).toBe('a span');
  expect(store.problems).toEqual([]);
});

test('what cannot be kept is a problem, once, and what comes after it is kept all the same', async () => {
  const { store, spans } = open({ putExchange: () => Promise.reject(new Error('The disk is full.')) });
  store.exchange(exchange, 'e'.repeat(16));
  store.exchange({ ...exchange, seq: 1 }, 'f'.repeat(16));
  store.span(Buffer.from('a span'));
  await store.settled();
  expect(store.problems).toEqual(['The disk is full.']);
  expect(spans).toEqual(['a span']);
  const refused = open({ ingest: () => Promise.resolve({ accepted: 0, rejected: 1, message: 'It is no span.' }) });
  await refused.store.send(Buffer.from('nothing'));
  expect(refused.store.problems).toEqual(['It is no span.']);
});
