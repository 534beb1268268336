import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { causeWords } from '../../../../shared/model/cause.ts';
import { asList, asRecord, asText } from '../../base/json-values.ts';
import { createKeyMaker } from './call-keys.ts';
import { createMatcher } from './match.ts';
import type { Matcher } from './match.ts';
import { recordedCall } from './matched-calls.ts';
import type { LiveCall, RecordedCall } from './matched-calls.ts';
import { scrub } from './scrub.ts';
import { openAiChat } from './wires/openai-chat/openai-chat.ts';

type Message = Readonly<Record<string, unknown>>;

/** xorshift: the same numbers for the same seed, on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}

interface Request {
  readonly body: { readonly model: string; readonly messages: readonly Message[]; readonly tools?: unknown };
  /** Whose call it is, and which: what a right answer must agree with. The matching never sees it. */
  readonly identity: string;
}

interface World {
  readonly random: () => number;
  readonly now: () => string;
  readonly uuid: () => string;
}

function worldOf(seed: number): World {
  const random = randomNumbers(seed);
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  return {
    random,
    uuid: () => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
    now: () => new Date(1_760_000_000_000 + Math.floor(random() * 1e10)).toISOString(),
  };
}

const tools = [{ type: 'function', function: { name: 'lookup', parameters: { type: 'object' } } }];

/** A worker of two tool rounds: its prompt holds a time and an id, its tools a time and a process id. */
function* worker(topic: string, { random, now, uuid }: World): Generator<Request, string, Message> {
  const messages: Message[] = [
    { role: 'system', content: `You are a worker. now=${now()} run=${uuid()}` },
    { role: 'user', content: `Research topic ${topic}` },
  ];
  for (let turn = 0; ; turn++) {
    const answer = yield { body: { model: 'm', messages: [...messages], tools }, identity: `${topic} ${turn}` };
    messages.push(answer);
    const calls = asList(answer['tool_calls']).map(asRecord);
    if (calls.length === 0) return asText(answer['content']) ?? '';
    for (const call of calls)
      messages.push({
        role: 'tool',
        tool_call_id: call['id'],
        content: `found at ${now()} pid: ${Math.floor(random() * 60_000)}`,
      });
  }
}

/** Three workers at once, in an order that the seed decides, and one call that combines what they said. */
function runAgent(
  world: World,
  topics: readonly string[],
  ask: (request: Request) => Message,
): { readonly final: string; readonly calls: number } {
  const results = new Map<number, string>();
  const lanes = topics.map((topic, at) => ({
    at,
    generator: worker(topic, world),
    next: undefined as Request | undefined,
    answer: undefined as Message | undefined,
  }));
  let calls = 0;
  for (const lane of lanes) lane.next = lane.generator.next().value as Request;
  while (results.size < lanes.length) {
    const open = lanes.filter(({ at }) => !results.has(at));
    const lane = open[Math.floor(world.random() * open.length)]!;
    calls++;
    const step = lane.generator.next(ask(lane.next!));
    if (step.done === true) results.set(lane.at, step.value);
    else lane.next = step.value;
  }
  const said = topics.map((_, at) => results.get(at)).join(' | ');
  calls++;
  const final = ask({
    body: { model: 'm', messages: [{ role: 'user', content: `Combine: ${said}` }] },
    identity: 'final',
  });
  return { final: asText(final['content']) ?? '', calls };
}

interface Recorded {
  readonly request: Request;
  readonly answer: Message;
}

function record(
  seed: number,
  topics: readonly string[],
): { readonly calls: readonly Recorded[]; readonly final: string } {
  const world = worldOf(seed);
  const calls: Recorded[] = [];
  const { final } = runAgent(world, topics, (request) => {
    const turn = Number(request.identity.split(' ')[1]);
    const answer: Message =
      turn < 2
        ? {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                id: `call_${world.uuid().slice(0, 8)}`,
                type: 'function',
                function: { name: 'lookup', arguments: JSON.stringify({ q: turn }) },
              },
            ],
          }
        : {
            role: 'assistant',
            content:
              request.identity === 'final'
                ? `FINAL<${String(request.body.messages[0]?.['content'])}>`
                : `summary of ${request.identity} v${calls.length}`,
          };
    calls.push({ request, answer });
    return answer;
  });
  return { calls, final };
}

const route = { family: 'openai.chat', model: undefined, stream: undefined } as const;
const maker = createKeyMaker();
const liveCall = (body: unknown, isRetry = false): LiveCall => {
  const call = openAiChat.readRequest(body, route);
  return { call, keys: maker.keysOf(call), isRetry };
};
const recordedCalls = (calls: readonly Recorded[]): readonly RecordedCall[] =>
  calls.map(({ request, answer }, seq) => ofAnswer(seq, request.body, { choices: [{ message: answer }] }));
const ofAnswer = (seq: number, body: unknown, answer: unknown, status = 200): RecordedCall =>
  recordedCall({ seq, status, call: liveCall(body).call, answer: openAiChat.readAnswer(answer) }, maker);
/** An answer that asks for these tools, or says what only it says. */
const asking = (seq: number, ids: readonly string[] = []): unknown => ({
  choices: [
    {
      message: {
        content: ids.length > 0 ? null : `answer ${seq}`,
        tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'lookup', arguments: '{"q":1}' } })),
      },
    },
  ],
});

interface Outcome {
  readonly served: number;
  readonly wrong: number;
  readonly completed: boolean;
}

type Policy = (calls: readonly Recorded[]) => (request: Request) => number | undefined;

function replay(
  recording: ReturnType<typeof record>,
  seed: number,
  topics: readonly string[],
  policy: Policy,
): Outcome & { readonly final: string | undefined } {
  const decide = policy(recording.calls);
  let served = 0;
  let wrong = 0;
  const missed = new Error('missed');
  try {
    const { final } = runAgent(worldOf(seed), topics, (request) => {
      const at = decide(request);
      const found = at === undefined ? undefined : recording.calls[at];
      if (!found) throw missed;
      served++;
      if (found.request.identity !== request.identity) wrong++;
      return found.answer;
    });
    return { served, wrong, completed: true, final };
  } catch (error) {
    if (error !== missed) throw error;
    return { served, wrong, completed: false, final: undefined };
  }
}

const firstFree =
  (key: (request: Request) => string): Policy =>
  (calls) => {
    const used = new Set<number>();
    return (request) => {
      const at = calls.findIndex((call, index) => !used.has(index) && key(call.request) === key(request));
      if (at >= 0) used.add(at);
      return at < 0 ? undefined : at;
    };
  };

const policies: Readonly<Record<string, Policy>> = {
  'raw body': firstFree(({ body }) => hash('sha256', JSON.stringify(body))),
  'messages without ids': firstFree(({ body }) => liveCall(body).keys.byLevel.exact),
  ordinal: () => {
    let next = 0;
    return () => next++;
  },
  ours: (calls) => {
    const matcher = createMatcher(recordedCalls(calls));
    return (request) => {
      const live = liveCall(request.body);
      const match = matcher.match(live);
      if (match.kind !== 'recorded') return undefined;
      matcher.consume(live, match).delivered();
      return match.recorded.seq;
    };
  },
};

describe('a parallel agent with ids and times in its prompts, 40 seeds', () => {
  const topics = ['alpha', 'beta', 'gamma'];
  const seeds = Array.from({ length: 40 }, (_, at) => at + 1);
  const totals = Object.fromEntries(
    Object.entries(policies).map(([name, policy]) => {
      const outcomes = seeds.map((seed) => {
        const recording = record(seed, topics);
        const outcome = replay(recording, seed + 1_000, topics, policy);
        return { ...outcome, right: outcome.completed && outcome.wrong === 0 && outcome.final === recording.final };
      });
      const sum = (read: (outcome: (typeof outcomes)[number]) => number): number =>
        outcomes.reduce((total, outcome) => total + read(outcome), 0);
      return [
        name,
        {
          served: sum(({ served }) => served),
          wrong: sum(({ wrong }) => wrong),
          right: sum(({ right }) => Number(right)),
        },
      ];
    }),
  );

  test('ours serves every call and none wrongly; the others miss or swap', () => {
    console.log(
      Object.entries(totals)
        .map(
          ([name, { served, wrong, right }]) => `${name}: ${served}/400 served, ${wrong} wrong, ${right}/40 runs right`,
        )
        .join('\n'),
    );
    expect(totals['ours']).toEqual({ served: 400, wrong: 0, right: 40 });
    expect(totals['raw body']?.right).toBe(0);
    expect(totals['messages without ids']?.right).toBe(0);
    expect(totals['ordinal']?.wrong).toBeGreaterThan(100);
  });
});

const user = (content: string): Message => ({ role: 'user', content });
const system = (content: string): Message => ({ role: 'system', content });
const asked = (id: string, q = 1): Message => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'lookup', arguments: `{"q":${q}}` } }],
});
const result = (id: string, content: string): Message => ({ role: 'tool', tool_call_id: id, content });
const body = (...messages: readonly Message[]) => ({ model: 'm', messages, tools });

function recording(
  ...calls: readonly { readonly body: unknown; readonly status?: number; readonly ids?: readonly string[] }[]
): Matcher {
  return createMatcher(calls.map((call, seq) => ofAnswer(seq, call.body, asking(seq, call.ids), call.status)));
}

function serve(matcher: Matcher, live: LiveCall, delivered = true): unknown {
  const match = matcher.match(live);
  if (match.kind === 'diverged') return `diverged: ${causeWords(match.cause)}`;
  const used = matcher.consume(live, match);
  if (delivered) used.delivered();
  return [
    match.recorded.seq,
    match.level,
    match.ignored.map(causeWords),
    ...(match.again ? ['again'] : []),
    ...(match.ambiguous ? ['ambiguous'] : []),
  ];
}

describe('levels, closest first, with what was ignored', () => {
  const first = body(system('Be brief.'), user('hi'));
  const second = body(system('Be brief.'), user('hi'), asked('c1'), result('c1', 'rows at 2026-01-02T10:00:00Z'));

  test('exact, scrubbed, system-blind, anchor', () => {
    const matcher = () => recording({ body: first, ids: ['c1'] }, { body: second });
    expect(serve(matcher(), liveCall(first))).toEqual([0, 'exact', []]);
    expect(
      serve(
        matcher(),
        liveCall(body(system('Be brief.'), user('hi'), asked('c1'), result('c1', 'rows at 2026-03-04T11:12:13Z'))),
      ),
    ).toEqual([1, 'scrubbed', ['result of lookup: date and time']]);
    expect(serve(matcher(), liveCall(body(system('Be long.'), user('hi'))))).toEqual([
      0,
      'system-blind',
      ['instructions changed'],
    ]);
    expect(
      serve(matcher(), liveCall(body(system('Be brief.'), user('hi'), asked('c1'), result('c1', 'quite other rows')))),
    ).toEqual([1, 'anchor', ['result of lookup changed']]);
    expect(serve(matcher(), liveCall({ ...body(system('Be brief.'), user('hi')), model: 'm2' }))).toEqual([
      0,
      'anchor',
      ['model m became m2'],
    ]);
    expect(serve(matcher(), liveCall({ ...first, temperature: 1 }))).toEqual([0, 'exact', ['parameters changed']]);
  });

  test('what does not fit is not served, and the cause is named', () => {
    const matcher = recording({ body: first, ids: ['c1'] }, { body: second });
    expect(serve(matcher, liveCall(body(system('Be brief.'), user('good bye'))))).toBe(
      'diverged: message 0 (user) changed',
    );
    expect(serve(matcher, liveCall(body(system('Be brief.'), user('hi'), asked('c1', 2), result('c1', 'rows'))))).toBe(
      'diverged: message 1 (assistant) changed',
    );
    expect(serve(matcher, liveCall(first))).toEqual([0, 'exact', []]);
    expect(serve(matcher, liveCall(first))).toMatch(/^diverged/);
    expect(matcher.unused().map(({ seq }) => seq)).toEqual([1]);
    expect(serve(recording(), liveCall(first))).toBe('diverged: the recording holds no call of this kind');
  });

  test('only given levels serve after the fork', () => {
    const matcher = recording({ body: first });
    expect(matcher.match(liveCall(body(system('Be long.'), user('hi'))), { strict: true }).kind).toBe('diverged');
  });
});

describe('retries', () => {
  test('the same request gets the same answer while it was not delivered, or when the client says that it retries', () => {
    const matcher = recording({ body: body(user('hi')) }, { body: body(user('hi')) });
    const alike = ['2 recorded calls ask exactly this; the earliest was taken'];
    expect(serve(matcher, liveCall(body(user('hi'))), false)).toEqual([0, 'exact', alike, 'ambiguous']);
    expect(serve(matcher, liveCall(body(user('hi'))))).toEqual([0, 'exact', alike, 'again', 'ambiguous']);
    expect(serve(matcher, liveCall(body(user('hi')), true))).toEqual([0, 'exact', alike, 'again', 'ambiguous']);
    // Delivered, and no retry: the agent samples twice.
    expect(serve(matcher, liveCall(body(user('hi'))))).toEqual([1, 'exact', []]);
  });

  test('recorded failures are passed over for the attempt that answered; one that stayed is repeated', () => {
    const matcher = recording(
      { body: body(user('hi')), status: 429 },
      { body: body(user('hi')), status: 500 },
      { body: body(user('hi')) },
      { body: body(user('bye')), status: 500 },
    );
    expect(serve(matcher, liveCall(body(user('hi'))))).toEqual([2, 'exact', []]);
    expect(matcher.unused().map(({ seq }) => seq)).toEqual([3]);
    expect(serve(matcher, liveCall(body(user('bye'))))).toEqual([3, 'exact', []]);
    expect(serve(matcher, liveCall(body(user('bye'))))).toEqual([3, 'exact', [], 'again']);
  });
});

test('twins with the same words are told apart by the ids of their own calls', () => {
  const turn = (id: string, rows: string) => body(user('same task'), asked(id), result(id, rows));
  const matcher = recording(
    { body: body(user('same task')), ids: ['a'] },
    { body: body(user('same task')), ids: ['b'] },
    { body: turn('a', 'first') },
    { body: turn('b', 'second') },
  );
  // Both were asked to do the same: either answer is the answer.
  expect(serve(matcher, liveCall(body(user('same task'))))).toEqual([0, 'exact', []]);
  expect(serve(matcher, liveCall(body(user('same task'))))).toEqual([1, 'exact', []]);
  expect(serve(matcher, liveCall(turn('b', 'drifted')))).toEqual([3, 'anchor', ['result of lookup changed']]);
  expect(serve(matcher, liveCall(turn('a', 'drifted')))).toEqual([2, 'anchor', ['result of lookup changed']]);
});

test('parallel results match in whatever order they came back', () => {
  const both: Message = {
    role: 'assistant',
    content: null,
    tool_calls: ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: 'lookup', arguments: '{}' } })),
  };
  const matcher = recording({ body: body(user('hi'), both, result('a', '1'), result('b', '2')) });
  expect(serve(matcher, liveCall(body(user('hi'), both, result('b', '2'), result('a', '1'))))).toEqual([
    0,
    'exact',
    [],
  ]);
});

test('the parts of a text that differ from run to run are scrubbed, and named', () => {
  expect(
    scrub(
      'at 2026-01-02 03:04:05.678Z pid: 77 in /tmp/x-1/y, id 1a2b3c4d5e6f7a8b, t=1767225600123, took 12.5 ms on 127.0.0.1:4711',
    ),
  ).toMatchObject({
    text: 'at <time> pid: <n> in <temporary>, id <hex>, t=<epoch>, took <duration> on 127.0.0.1:<port>',
    hits: ['date and time', 'process id', 'epoch', 'hexadecimal id', 'local port', 'temporary path', 'duration'],
    values: [
      { kind: 'time', value: '2026-01-02 03:04:05.678Z' },
      { kind: 'measure', value: '77' },
      { kind: 'time', value: '1767225600123' },
      { kind: 'name', value: '1a2b3c4d5e6f7a8b' },
      { kind: 'measure', value: '4711' },
      { kind: 'path', value: '/tmp/x-1/y' },
      { kind: 'measure', value: '12.5 ms' },
    ],
  });
  expect(scrub('Order 42 of 3 items, total 1200 EUR').hits).toEqual([]);
  // A pattern that looks back for each character would not end before the test's limit: 10^13 steps.
  scrub('0'.repeat(3_000_000) + '-'.repeat(3_000_000) + 'pid'.repeat(1_000_000));
});

// That the last of them is as quick as the first: e2e/bench/rerun-matching.ts.
test('2,000 calls in 40 threads are each matched exactly', () => {
  // 40 threads of 50 turns: each request repeats its whole thread.
  const requests = Array.from({ length: 40 }, (_, lane) =>
    Array.from({ length: 50 }, (_turn, turn) => {
      const messages: Message[] = [system('You help.'), user(`task ${lane}`)];
      for (let at = 0; at < turn; at++)
        messages.push(asked(`c${lane}-${at}`, at), result(`c${lane}-${at}`, `rows ${lane} ${at} ${'x'.repeat(300)}`));
      return { body: body(...messages), ids: [`c${lane}-${turn}`] };
    }),
  );
  const inOrder = Array.from({ length: 50 }, (_, turn) => requests.map((lane) => lane[turn]!)).flat();
  const calls = inOrder.map((request) => ({ ...request, live: liveCall(request.body) }));
  const matcher = createMatcher(calls.map(({ body: text, ids }, seq) => ofAnswer(seq, text, asking(seq, ids))));
  for (const [seq, { live }] of calls.entries()) {
    const match = matcher.match(live);
    expect(match).toMatchObject({ kind: 'recorded', level: 'exact', recorded: { seq } });
    if (match.kind === 'recorded') matcher.consume(live, match).delivered();
  }
});

describe('values that an agent’s own world makes', () => {
  const ask = (text: string) => body(user(text));
  const seqOf = (served: unknown): unknown => (Array.isArray(served) ? served[0] : served);
  /** Requests asked at once, each with an answer of its own. */
  const atOnce = (...texts: readonly string[]) =>
    createMatcher(
      texts.map((text, seq) =>
        recordedCall(
          {
            seq,
            status: 200,
            call: liveCall(ask(text)).call,
            answer: openAiChat.readAnswer(asking(seq)),
            startMs: 1_000,
            endMs: 2_000,
          },
          maker,
        ),
      ),
    );
  const uuid = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-00000000000${digit}`;

  test.each([
    ['uuid', uuid(1), uuid(2)],
    ['date', '2025-01-01', '2025-01-02'],
    ['commit', 'a1b2c3d4e5f6a7b8', 'b1b2c3d4e5f6a7b8'],
    ['temporary path', '/tmp/run-1/a.txt', '/tmp/run-1/b.txt'],
    ['epoch', '1700000001', '1700000002'],
    ['local port', 'localhost:4001', 'localhost:4002'],
    ['duration', '30 s', '60 s'],
    ['nanoid', 'V1StGXR8_Z5jdHi6B-myT', 'W1StGXR8_Z5jdHi6B-myT'],
  ])('siblings told apart by a %s get their own answers, though another id changes', (_kind, one, two) => {
    const request = (key: string, id: string) => `request ${id}: check ${key} please`;
    const matcher = atOnce(request(one, uuid(5)), request(two, uuid(6)));
    expect(seqOf(serve(matcher, liveCall(ask(request(two, uuid(7))))))).toBe(1);
    expect(seqOf(serve(matcher, liveCall(ask(request(one, uuid(8))))))).toBe(0);
  });

  test('what cannot be told apart is held; of calls that came one after the other the earliest is taken, and that is said', () => {
    expect(serve(atOnce(`a ${uuid(1)}`, `a ${uuid(2)}`), liveCall(ask(`a ${uuid(3)}`)))).toBe(
      'diverged: it fits 2 recorded calls equally, and their answers differ',
    );
    const inTurn = createMatcher(
      [1, 2].map((digit, seq) =>
        recordedCall(
          {
            seq,
            status: 200,
            call: liveCall(ask(`a ${uuid(digit)}`)).call,
            answer: openAiChat.readAnswer(asking(seq)),
            startMs: seq * 10,
            endMs: seq * 10 + 5,
          },
          maker,
        ),
      ),
    );
    expect(serve(inTurn, liveCall(ask(`a ${uuid(3)}`)))).toEqual([
      0,
      'scrubbed',
      [
        'message 0 (user): uuid',
        '2 recorded calls fit equally; they came one after the other, and the earliest was taken',
      ],
      'ambiguous',
    ]);
  });

  test('agents at once, whose first calls did not overlap by chance, are not taken in their order: the second ones tell', () => {
    const call = (seq: number, digit: number, isSecond: boolean) =>
      recordedCall(
        {
          seq,
          status: 200,
          call: liveCall(
            isSecond
              ? body(user(`a ${uuid(digit)}`), asked(`c${digit}`), result(`c${digit}`, 'rows'))
              : ask(`a ${uuid(digit)}`),
          ).call,
          answer: openAiChat.readAnswer({
            choices: [{ message: { ...asked(`c${digit}`), content: `I am ${digit}.` } }],
          }),
          startMs: seq * 10,
          endMs: seq * 10 + 5,
        },
        maker,
      );
    const live = liveCall(ask(`a ${uuid(3)}`));
    expect(serve(createMatcher([call(0, 1, false), call(1, 2, false), call(2, 1, true), call(3, 2, true)]), live)).toBe(
      'diverged: it fits 2 recorded calls equally, and their answers differ',
    );
    // Each to its end before the next one begins.
    const inTurn = createMatcher([call(0, 1, false), call(1, 1, true), call(2, 2, false), call(3, 2, true)]);
    expect(seqOf(serve(inTurn, live))).toBe(0);
  });

  test('a renaming that was learnt finds the sub-agent of the renamed id', () => {
    const matcher = createMatcher(
      [`tickets ${uuid(1)} ${uuid(2)}`, `handle ${uuid(1)}`, `handle ${uuid(2)}`].map((text, seq) =>
        recordedCall(
          {
            seq,
            status: 200,
            call: liveCall(ask(text)).call,
            answer: openAiChat.readAnswer(asking(seq)),
            startMs: 0,
            endMs: 9,
          },
          maker,
        ),
      ),
    );
    expect(seqOf(serve(matcher, liveCall(ask(`tickets ${uuid(3)} ${uuid(4)}`))))).toBe(0);
    expect(seqOf(serve(matcher, liveCall(ask(`handle ${uuid(4)}`))))).toBe(2);
    expect(seqOf(serve(matcher, liveCall(ask(`handle ${uuid(3)}`))))).toBe(1);
  });

  test('a value that an answer named is no longer free', () => {
    const calls = [
      { text: 'Pick a date.', answer: '2026-11-01' },
      { text: 'Fly to Rome on 2026-11-01', answer: 'FLIGHTS' },
    ].map(({ text, answer }, seq) =>
      recordedCall(
        {
          seq,
          status: 200,
          call: liveCall(ask(text)).call,
          answer: openAiChat.readAnswer({ choices: [{ message: { content: answer } }] }),
        },
        maker,
      ),
    );
    const matcher = createMatcher(calls);
    expect(matcher.match(liveCall(ask('Fly to Rome on 2026-12-24')), { strict: true })).toMatchObject({
      kind: 'diverged',
    });
    expect(seqOf(serve(matcher, liveCall(ask('Fly to Rome on 2026-11-01'))))).toBe(1);
  });

  test('a request about one that was served already gets no sibling’s answer', () => {
    const request = (key: string, id: number) => `${uuid(id)}: check ${key}`;
    const matcher = atOnce(request('2025-01-01', 5), request('2025-01-02', 6));
    expect(seqOf(serve(matcher, liveCall(ask(request('2025-01-01', 7)))))).toBe(0);
    expect(serve(matcher, liveCall(ask(request('2025-01-01', 7))))).toMatch(/^diverged/);
  });

  test('a reading of the clock stays free, though an answer named its day or quoted another that read the same', () => {
    const day = 86_400_000;
    const matcherOf = () =>
      createMatcher(
        [
          { text: 'a: found at 2026-11-01T10:00:00.998Z', answer: 'a was found at 2026-11-01T10:00:00.998Z' },
          { text: 'b: found at 2026-11-01T10:00:00.998Z', answer: 'B' },
          { text: 'c: found at 2026-11-01T10:00:01.500Z', answer: 'C' },
          { text: 'd: meet at 2026-11-03T09:00:00Z', answer: 'D' },
        ].map(({ text, answer }, seq) =>
          recordedCall(
            {
              seq,
              status: 200,
              call: liveCall(ask(text)).call,
              answer: openAiChat.readAnswer({ choices: [{ message: { content: answer } }] }),
              startMs: Date.parse('2026-11-01T10:00:00Z') + seq,
            },
            maker,
          ),
        ),
      );
    const matcher = matcherOf();
    const at = (text: string): LiveCall => ({ ...liveCall(ask(text)), atMs: Date.parse('2026-11-01T10:00:00Z') + day });
    expect(seqOf(serve(matcher, at('a: found at 2026-11-02T10:00:01.100Z')))).toBe(0);
    expect(seqOf(serve(matcher, at('b: found at 2026-11-02T10:00:01.200Z')))).toBe(1);
    expect(seqOf(serve(matcher, at('c: found at 2026-11-02T10:00:01.300Z')))).toBe(2);
    // What has not moved with the clock is what somebody was told.
    const other = matcherOf();
    expect(seqOf(serve(other, at('a: found at 2026-11-02T10:00:01.100Z')))).toBe(0);
    expect(other.match(at('c: found at 2026-11-05T10:00:01.300Z'), { strict: true })).toMatchObject({
      kind: 'diverged',
    });
  });
});
