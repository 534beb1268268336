import { gzipSync } from 'node:zlib';
import { inFolder, pause } from './fault.ts';
import type { Fault, Row } from './fault.ts';
import { textsIn } from './library-look.ts';
import { sendHttp, serve, spanBody, spanMessage } from './served.ts';

/**
 * Thousands of bodies that no exporter sends, by one client after the other, and an honest client beside them: how much longer its requests
 * take than they did before. A request is answered within the bar whatever another client sends.
 */
const barMs = 250;

export const fuzzFault: Fault = {
  name: 'fuzz',
  run: (scale) =>
    inFolder(async (folder) => {
      const bodies = Math.ceil(5_000 * scale);
      const served = await serve(folder);
      const honest = honestClient(served.httpPort);
      // The first ones compile what all of them use.
      await pause(2_000);
      honest.longestMs();
      await pause(3_000);
      const before = honest.longestMs();
      const statuses = new Map<number, number>();
      const waits = new Map<string, number>();
      for (let number = 0; number < bodies; number++) {
        const { what, body, headers, path } = bodyOf(number);
        const { status } = await sendHttp(served.httpPort, body, headers, path).catch(() => ({ status: 0 }));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (number < shapes.length) await honest.next();
        waits.set(what, Math.max(waits.get(what) ?? 0, honest.longestMs()));
      }
      // What the last ones left to be done holds nobody either.
      await pause(3_000);
      waits.set('afterwards', honest.longestMs());
      const sent = await honest.end();
      await served.end('SIGTERM');
      const kept = [...textsIn(folder).keys()].filter((name) => name.startsWith('run ')).length;
      const [[worst, beside] = ['', 0], ...others] = [...waits].sort(([, a], [, b]) => b - a);
      const seen = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
      return [
        {
          what: `${bodies} fuzzed bodies beside an honest client`,
          seen: `answered ${seen}; its longest request ${Math.round(before)} ms before, ${Math.round(beside)} ms beside them (${worst}), ${((beside - before) / barMs).toFixed(2)} of the bar; then ${others
            .slice(0, 4)
            .map(([what, ms]) => `${what} ${Math.round(ms)}`)
            .join(', ')}; ${kept >= sent ? 'nothing of it lost' : `${sent - kept} of its spans lost`}`,
          passed:
            beside - before <= barMs &&
            kept >= sent &&
            ![...statuses.keys()].some((status) => status >= 500 && status !== 503),
        } satisfies Row,
      ];
    }),
};

interface HonestClient {
  /** Of the requests since it was last asked, the one under way counted as long as it has waited. */
  longestMs(): number;
  /** Resolves when a request that begins from now on is answered. */
  next(): Promise<void>;
  /** Number of its requests. */
  end(): Promise<number>;
}

function honestClient(port: number): HonestClient {
  let count = 0;
  let answered = 0;
  let longest = 0;
  let isOver = false;
  let beganMs: number | undefined;
  const sending = (async () => {
    while (!isOver) {
      beganMs = performance.now();
      const { status } = await sendHttp(port, spanBody(++count));
      if (status !== 200) throw new Error(`The honest client was answered ${status}.`);
      longest = Math.max(longest, performance.now() - beganMs);
      beganMs = undefined;
      answered = count;
      await pause(10);
    }
  })();
  return {
    longestMs() {
      const most = Math.max(longest, beganMs === undefined ? 0 : performance.now() - beganMs);
      longest = 0;
      return most;
    },
    async next() {
      const after = count + 1;
      while (answered < after) await pause(2);
    },
    async end() {
      isOver = true;
      await sending;
      return count;
    },
  };
}

interface Fuzzed {
  readonly what: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Record<string, string>;
  readonly path?: string;
}

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };
const zipped = { ...json, 'content-encoding': 'gzip' };
const whole = spanBody(1_000_000);
const message = spanMessage(1_000_000);

const shapes: readonly ((seed: number) => Fuzzed)[] = [
  (seed) => ({ what: 'JSON cut off', body: whole.slice(0, seed % whole.length), headers: json }),
  (seed) => ({ what: 'JSON with a byte changed', body: changed(Buffer.from(whole), seed), headers: json }),
  (seed) => ({
    what: 'protobuf cut off',
    body: new Uint8Array(message.subarray(0, seed % message.length)),
    headers: protobuf,
  }),
  (seed) => ({ what: 'protobuf with a byte changed', body: changed(message, seed), headers: protobuf }),
  (seed) => ({ what: 'nested lists', body: '['.repeat(seed % 100_000), headers: json }),
  (seed) => ({
    what: 'nested values',
    body: spanWith(`{"arrayValue":{"values":[`.repeat(seed % 5_000)),
    headers: json,
  }),
  () => ({ what: 'line ends as a status', body: statusOf('\\n'.repeat(100_000)), headers: json }),
  () => ({ what: 'escapes', body: textOf('\\\\"'.repeat(50_000)), headers: json }),
  () => ({ what: 'blanks after pid', body: textOf(`pid${' '.repeat(100_000)}`), headers: json }),
  () => ({
    what: 'empty spans, compressed',
    body: compressed(`{"resourceSpans":[{"scopeSpans":[{"spans":[${'{},'.repeat(50_000)}{}]}]}]}`),
    headers: zipped,
  }),
  (seed) => ({ what: 'many spans of one run', body: compressed(spansOf(20_000, () => seed)), headers: zipped }),
  (seed) => ({
    what: 'many runs of one span',
    body: compressed(spansOf(20_000, (index) => seed + index)),
    headers: zipped,
  }),
  () => ({
    what: 'one span again and again',
    body: compressed(
      spansOf(
        20_000,
        () => 1,
        () => ({ spanId: 'f'.repeat(16) }),
      ),
    ),
    headers: zipped,
  }),
  (seed) => ({
    what: 'more attributes than are kept',
    body: compressed(
      spansOf(
        1,
        () => seed,
        () => ({
          attributes: Array.from({ length: 60_000 }, (_, index) => ({
            key: `key ${seed} ${index}`,
            value: { intValue: '1' },
          })),
        }),
      ),
    ),
    headers: zipped,
  }),
  (seed) => ({
    what: 'many events',
    body: compressed(
      spansOf(
        1,
        () => seed,
        () => ({
          events: Array.from({ length: 100_000 }, () => ({ timeUnixNano: '1790000000000000000', name: 'event' })),
        }),
      ),
    ),
    headers: zipped,
  }),
  (seed) => ({
    what: 'a prompt of many messages',
    body: compressed(
      spansOf(
        1,
        () => seed,
        () => ({
          attributes: [
            { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
            {
              key: 'gen_ai.input.messages',
              value: {
                stringValue: JSON.stringify(
                  Array.from({ length: 50_000 }, (_, index) => ({
                    role: 'user',
                    parts: [{ type: 'text', content: `${seed} ${index}` }],
                  })),
                ),
              },
            },
          ],
        }),
      ),
    ),
    headers: zipped,
  }),
  (seed) => ({
    what: 'many log records',
    body: compressed(
      JSON.stringify({
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: Array.from({ length: 20_000 }, (_, index) => ({
                  timeUnixNano: '1790000000000000000',
                  traceId: (seed + index).toString(16).padStart(32, 'a'),
                  body: { stringValue: `line ${index}` },
                })),
              },
            ],
          },
        ],
      }),
    ),
    headers: zipped,
    path: '/v1/logs',
  }),
  (seed) => ({
    what: 'a text of 16 MB',
    body: textOf(`${seed} a line of a log\\n`.repeat(800_000)),
    headers: json,
  }),
  (seed) => ({
    what: 'spans in spans',
    body: compressed(
      spansOf(
        20_000,
        () => seed,
        (index) => ({
          parentSpanId: (index === 0 ? 0xffff_ffff : index).toString(16).padStart(16, 'd'),
        }),
      ),
    ),
    headers: zipped,
  }),
  () => ({ what: 'no gzip', body: 'plain', headers: zipped }),
  (seed) => ({
    what: 'random bytes',
    body: random(seed, 1 + (seed % 10_000)),
    headers: seed % 2 === 0 ? json : protobuf,
  }),
];

const compressed = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(text, { level: 1 }));

function spansOf(
  count: number,
  trace: (index: number) => number,
  more: (index: number) => Readonly<Record<string, unknown>> = () => ({}),
): string {
  const spans = Array.from({ length: count }, (_, index) => ({
    traceId: trace(index).toString(16).padStart(32, 'c'),
    spanId: (index + 1).toString(16).padStart(16, 'd'),
    name: 'fuzzed',
    startTimeUnixNano: '1790000000000000000',
    endTimeUnixNano: '1790000001000000000',
    ...more(index),
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

const bodyOf = (number: number): Fuzzed => shapes[number % shapes.length]!(number * 7_919 + 13);

const spanWith = (value: string): string =>
  `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${'c'.repeat(32)}","spanId":"${'d'.repeat(16)}","name":"fuzzed","attributes":[{"key":"note","value":${value}}]}]}]}]}`;
const textOf = (inside: string): string => spanWith(`{"stringValue":"${inside}"}`);
const statusOf = (inside: string): string =>
  `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${'c'.repeat(32)}","spanId":"${'e'.repeat(16)}","name":"fuzzed","startTimeUnixNano":"1790000000000000000","endTimeUnixNano":"1790000001000000000","status":{"code":2,"message":"${inside}"}}]}]}]}`;

function changed(bytes: Buffer, seed: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[seed % copy.length] = seed % 256;
  return copy;
}

function random(seed: number, length: number): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
