import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { causeWords } from '../../shared/model/cause.ts';
import { nanos } from '../../shared/model/units.ts';
import {
  createSecrets,
  createKeyMaker,
  startGateway,
  createMatcher,
  createReplayPlan,
  chooseUpstreams,
  formatOf,
  recordedCall,
} from '../support/backend-internals.ts';
import type { RecordedCall } from '../support/backend-internals.ts';
import { printReport } from './harness.ts';

/**
 * What a served call costs, and whether a long run makes it dearer (issue 3: below 5 ms at the 95th percentile; 2,000 calls matched
 * without slowing down). Processor time of this process, not the clock: a loaded machine does not count as ours.
 * A run of 100 conversations with 20 calls each; times and process ids differ from the recording in every tool result.
 */
const conversations = 100;
const turns = 20;
const callCount = conversations * turns;
const format = formatOf('openai.chat');
const route = { family: format.family, model: undefined, stream: undefined } as const;
const words = 'A paragraph of what a tool gave: figures, names and a little more, as long as tools make it. '.repeat(
  20,
);

/** The n-th call of a conversation; `seed` changes what drifts. */
function bodyOf(conversation: number, turn: number, seed: number): string {
  const messages: unknown[] = [
    { role: 'system', content: `You are worker ${conversation}.` },
    { role: 'user', content: `Task ${conversation}: find the price of item number ${conversation}.` },
  ];
  for (let at = 0; at < turn; at++) {
    const id = `call_${conversation}_${at}`;
    messages.push({
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id,
          type: 'function',
          function: { name: 'lookup', arguments: JSON.stringify({ q: `${conversation} ${at}` }) },
        },
      ],
    });
    messages.push({
      role: 'tool',
      tool_call_id: id,
      content: `${words} at ${new Date(1_790_000_000_000 + seed * 1_000 + at).toISOString()} pid: ${1_000 + seed}`,
    });
  }
  return JSON.stringify({
    model: 'm',
    messages,
    tools: [{ type: 'function', function: { name: 'lookup', parameters: { type: 'object' } } }],
  });
}

function answerOf(conversation: number, turn: number): Buffer {
  const parts =
    turn === turns - 1
      ? [{ type: 'text' as const, text: `Found ${conversation}.` }]
      : [
          {
            type: 'tool_call' as const,
            id: `call_${conversation}_${turn}`,
            name: 'lookup',
            arguments: JSON.stringify({ q: `${conversation} ${turn}` }),
          },
        ];
  return Buffer.from(
    format.writeAnswer(
      {
        id: `a-${conversation}-${turn}`,
        model: 'm',
        parts,
        finish: turn === turns - 1 ? 'stop' : 'tool_calls',
        usage: { input: 10, output: 5 },
        error: undefined,
      },
      'm',
    ),
  );
}

const places = Array.from({ length: callCount }, (_, seq) => ({
  conversation: Math.floor(seq / turns),
  turn: seq % turns,
}));
const keys = createKeyMaker();
const recorded: readonly RecordedCall[] = places.map(({ conversation, turn }, seq) => {
  const call = format.readRequest(JSON.parse(bodyOf(conversation, turn, 0)), route);
  return recordedCall(
    { seq, call, status: 200, answer: format.readAnswer(JSON.parse(answerOf(conversation, turn).toString('utf8'))) },
    keys,
  );
});
const answers = places.map(({ conversation, turn }) => answerOf(conversation, turn));

const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

/** Keys and match of every call, in order: milliseconds of processor time of each block of 200. */
function matchAll(seed: number): readonly number[] {
  const matcher = createMatcher(recorded);
  const liveKeys = createKeyMaker();
  const blocks: number[] = [];
  const requests = places.map(({ conversation, turn }) =>
    format.readRequest(JSON.parse(bodyOf(conversation, turn, seed)), route),
  );
  for (let from = 0; from < callCount; from += 200) {
    const started = processorMs();
    for (let seq = from; seq < from + 200; seq++) {
      const call = requests[seq];
      if (!call) continue;
      const live = { call, keys: liveKeys.keysOf(call), isRetry: false };
      const match = matcher.match(live);
      if (match.kind !== 'recorded' || match.recorded.seq !== seq)
        throw new Error(
          `Call ${seq} got ${match.kind === 'recorded' ? `the answer of ${match.recorded.seq}` : `none: ${causeWords(match.cause)}`}.`,
        );
      matcher.consume(live, match).delivered();
    }
    blocks.push(processorMs() - started);
  }
  return blocks;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function ask(url: string, body: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    httpRequest(
      url,
      {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
      },
    )
      .on('error', reject)
      .end(body);
  });
}

async function servedCosts(): Promise<{ readonly served: readonly number[]; readonly plain: readonly number[] }> {
  const none = (): Promise<undefined> => Promise.resolve(undefined);
  const gateway = await startGateway({
    upstreams: chooseUpstreams({}, 'http://127.0.0.1:9'),
    secrets: createSecrets({}),
    now: () => nanos(BigInt(Date.now()) * 1_000_000n),
    plan: createReplayPlan(
      {
        calls: recorded,
        forkSeq: undefined,
        edits: [],
        afterFork: 'causal',
        recordedRequest: none,
        decide: () => Promise.resolve('stop'),
      },
      createKeyMaker(),
    ),
    recordedAnswer: (seq) =>
      Promise.resolve({
        status: 200,
        contentType: 'application/json',
        body: answers[seq] ?? Buffer.alloc(0),
        stream: false,
        serverAddress: undefined,
      }),
    recordedAuxiliary: none,
    beforeLive: none,
    onExchange: () => undefined,
  });
  // What the same exchange costs without us: read the request, send the bytes.
  const server = createServer((request, response) => {
    request
      .resume()
      .on('end', () =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(answers[Number(request.url?.slice(1))]),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const plainUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const served: number[] = [];
  const plain: number[] = [];
  for (const [seq, { conversation, turn }] of places.entries()) {
    const body = bodyOf(conversation, turn, 7);
    const atStart = processorMs();
    await ask(`${plainUrl}/${seq}`, body);
    const between = processorMs();
    const answer = await ask(`${gateway.url}/openai/v1/chat/completions`, body);
    plain.push(between - atStart);
    served.push(processorMs() - between);
    if (answers[seq]?.equals(answer) !== true) throw new Error(`Call ${seq} got another answer than was recorded.`);
  }
  agent.destroy();
  await gateway.close();
  await new Promise((resolve) => server.close(resolve));
  return { served, plain };
}

matchAll(1);
const rounds = [2, 3, 4, 5, 6].map(matchAll);
const firsts = rounds.map((blocks) => blocks[0] ?? Number.NaN);
const lasts = rounds.map((blocks) => blocks.at(-1) ?? Number.NaN);
const { served, plain } = await servedCosts();
const p95 = percentile(served, 0.95) - percentile(plain, 0.5);
const met = printReport([
  {
    name: 'served call, 95th percentile',
    meaning: 'ms of processor time over a plain server that sends the same bytes',
    goal: 5,
    figure: p95,
    detail: `median ${percentile(served, 0.5).toFixed(2)} ms, p95 ${percentile(served, 0.95).toFixed(2)} ms; plain server ${percentile(plain, 0.5).toFixed(2)} ms`,
  },
  {
    name: '2,000 calls matched',
    meaning: 'last 200 calls / first 200',
    goal: 1.5,
    figure: sum(lasts) / sum(firsts),
    detail: `${(sum(lasts) / lasts.length).toFixed(1)} vs ${(sum(firsts) / firsts.length).toFixed(1)} ms; all 2,000: ${(sum(rounds.flat()) / rounds.length).toFixed(0)} ms`,
  },
]);
if (!met) process.exitCode = 1;
