import { gzipSync } from 'node:zlib';
import { inFolder, pause } from './fault.ts';
import type { Fault, Row } from './fault.ts';
import { textsIn } from './library-look.ts';
import { sendHttp, serve, spanBody, spanMessage } from './served.ts';

/**
 * Thousands of bodies that no exporter sends, by one client after the other, and an honest client beside them: how much longer its requests take
 * than they did before.
 */
export const fuzzFault: Fault = {
  name: 'fuzz',
  run: (scale) =>
    inFolder(async (folder) => {
      const bodies = Math.ceil(5_000 * scale);
      const served = await serve(folder);
      const longest = { before: 0, beside: 0 };
      const at: { phase: 'before' | 'beside' | 'over' } = { phase: 'before' };
      let honest = 0;
      const client = (async () => {
        while (at.phase !== 'over') {
          const counted = at.phase;
          const { status, tookMs } = await sendHttp(served.httpPort, spanBody(++honest));
          if (status !== 200) throw new Error(`The honest client was answered ${status}.`);
          longest[counted] = Math.max(longest[counted], tookMs);
          await pause(20);
        }
      })();
      await pause(3_000);
      at.phase = 'beside';
      const statuses = new Map<number, number>();
      let slowest = { tookMs: 0, what: '' };
      for (let number = 0; number < bodies; number++) {
        const { what, body, headers } = bodyOf(number);
        const { status, tookMs } = await sendHttp(served.httpPort, body, headers).catch(() => ({
          status: 0,
          tookMs: 0,
        }));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (tookMs > slowest.tookMs) slowest = { tookMs, what };
      }
      at.phase = 'over';
      await client;
      await served.end('SIGTERM');
      const kept = [...textsIn(folder).keys()].filter((name) => name.startsWith('run ')).length;
      const longer = longest.beside - longest.before;
      const seen = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
      return [
        {
          what: `${bodies} fuzzed bodies beside an honest client`,
          seen: `answered ${seen}; its longest request ${Math.round(longest.before)} ms before, ${Math.round(longest.beside)} ms beside them; the slowest of them ${Math.round(slowest.tookMs)} ms (${slowest.what}); ${kept >= honest ? 'nothing of it lost' : `${honest - kept} of its spans lost`}`,
          passed:
            longer <= 250 && kept >= honest && ![...statuses.keys()].some((status) => status >= 500 && status !== 503),
        } satisfies Row,
      ];
    }),
};

interface Fuzzed {
  readonly what: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Record<string, string>;
}

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };
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
    body: new Uint8Array(gzipSync(`{"resourceSpans":[{"scopeSpans":[{"spans":[${'{},'.repeat(50_000)}{}]}]}]}`)),
    headers: { ...json, 'content-encoding': 'gzip' },
  }),
  () => ({ what: 'no gzip', body: 'plain', headers: { ...json, 'content-encoding': 'gzip' } }),
  (seed) => ({
    what: 'random bytes',
    body: random(seed, 1 + (seed % 10_000)),
    headers: seed % 2 === 0 ? json : protobuf,
  }),
];

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
