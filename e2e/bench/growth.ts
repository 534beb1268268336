import { nanos } from '../../shared/model/units.ts';
import {
  activeRules,
  assembleSpans,
  createNormaliser,
  createPricer,
  packagedPricing,
  decodeOtlpJson,
  factSpan,
  joinLogs,
  parseTolerantJson,
  readContent,
  readFacts,
  scrub,
  spanOf,
} from '../support/backend-internals.ts';
import type { PriceRequest, TestSpan } from '../support/backend-internals.ts';
import { median, printReport } from './harness.ts';
import type { BenchRow } from './harness.ts';

/**
 * What must grow with its input and not with the square of it: the time of four times as much over the time of once as much. Linear
 * work gives about 4, a square 16. The unit tests hold what comes out; here is where time is looked at.
 */
const times = 4;
/** Between a linear 4 and a square 16, nearer to the first. */
const goal = 7;
const rounds = 7;

function processorMs(work: () => unknown): number {
  globalThis.gc?.();
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1_000;
}

/** `prepare` makes the work for so many items; making it is not counted. */
function growth(name: string, size: number, prepare: (size: number) => () => unknown): BenchRow {
  const small: number[] = [];
  const large: number[] = [];
  for (let round = 0; round < rounds; round++) {
    small.push(processorMs(prepare(size)));
    large.push(processorMs(prepare(size * times)));
  }
  const [few, many] = [Math.max(median(small), 0.05), median(large)];
  return {
    name,
    meaning: `${(size * times).toLocaleString('en')} / ${size.toLocaleString('en')}`,
    goal,
    figure: many / few,
    detail: `${many.toFixed(1)} ms / ${few.toFixed(1)} ms`,
  };
}

const deepShapes: readonly (readonly [name: string, open: string, close: string])[] = [
  ['objects and lists', '{"messages":[', ']}'],
  ['messages in content', '[{"role":"user","content":', '}]'],
  ['choices in messages', '{"choices":[{"message":', '}]}'],
  ['tool results in results', '{"type":"tool_result","content":{"type":"text","value":', '}}'],
];

function deep(open: string, close: string): BenchRow {
  return growth(`JSON nested in itself: ${open.slice(0, 24)}`, 10_000, (size) => {
    const text = `${open.repeat(size)}"x"${close.repeat(size)}`;
    const span = spanOf({
      attributes: [
        ['openinference.span.kind', 'LLM'],
        ['input.value', text],
        ['output.value', text],
        ['gen_ai.input.messages', text],
        ['gen_ai.output.messages', text],
        ['gen_ai.tool.definitions', text],
      ],
    });
    return () => [readFacts(span), readContent(span)];
  });
}

const agentSpan: TestSpan = { id: 'agent', kind: 'agent', start: 0, end: 1_000_000 };
const atMilliseconds = (milliseconds: number) => nanos(BigInt(milliseconds) * 1_000_000n);

function priceRequest(model: string, index: number): PriceRequest {
  return {
    usage: { input: 1_000 + index, output: index },
    requestModel: undefined,
    responseModel: model,
    provider: 'openai',
    serverAddress: undefined,
    serviceTier: undefined,
    reportedCostUsd: undefined,
    atNs: atMilliseconds(Date.parse('2026-11-20T12:00:00Z') + index),
  };
}

const normaliser = createNormaliser(activeRules(undefined));
const hostilePieces = ['/tmp/', '1234567890', '00:00:', 'call_', '{"a":', '[', '\\"', '1.', ' ', 'Nov 11 ', '\u0000'];

function decoding(spans: readonly unknown[]): () => number {
  const body = Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
  return () => {
    let items = 0;
    const count = (): void => void items++;
    decodeOtlpJson(body, { span: count, log: count, metrics: count, skip: count, warn: count });
    return items;
  };
}

const rows: readonly BenchRow[] = [
  growth('scrubbed text of zeros, dashes and "pid"', 100_000, (size) => {
    const text = `${'0'.repeat(size)}${'-'.repeat(size)}${'pid'.repeat(size)}${'│   '.repeat(size)}${'├'.repeat(size)}`;
    return () => scrub(text);
  }),
  growth('rules of Compare over pieces that look like something', 200_000, (size) => {
    const texts = hostilePieces.map((piece) => piece.repeat(size));
    return () => texts.map((text) => normaliser.aspect(text));
  }),
  growth('a JSON string that was cut off', 2_000_000, (size) => {
    const text = `["${'x'.repeat(size)}`;
    return () => parseTolerantJson(text);
  }),
  growth('a status of line ends', 50_000, (size) => {
    const span = spanOf({ statusCode: 2, statusMessage: `it failed${'\n'.repeat(size)}` });
    return () => readFacts(span);
  }),
  growth('a JSON string of log lines', 1_000_000, (size) => {
    const value = { stringValue: 'one line of a log\n'.repeat(size / 18) };
    return decoding([
      { traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: [{ key: 'output.value', value }] },
    ]);
  }),
  growth('spans that are refused', 20_000, (size) => decoding(Array.from({ length: size }, () => ({})))),
  ...deepShapes.map(([, open, close]) => deep(open, close)),
  growth('tool calls of one answer', 20_000, (size) => {
    const output = JSON.stringify({
      output: Array.from({ length: size }, (_, index) => ({
        type: 'function_call',
        call_id: `c${index}`,
        name: 'f',
        arguments: '{}',
      })),
    });
    const span = spanOf({
      attributes: [
        ['openinference.span.kind', 'LLM'],
        ['output.value', output],
      ],
    });
    return () => readFacts(span);
  }),
  growth('log records joined with calls', 5_000, (size) => {
    const spans = Array.from({ length: size }, (_, index) =>
      factSpan(
        {
          id: `llm-${index}`,
          kind: 'llm',
          start: index * 100,
          end: index * 100 + 50,
          usage: { input: index, output: 1 },
        },
        index,
      ),
    );
    const logs = spans.map((_, index) => ({
      id: index + 1,
      spanId: undefined,
      subject: {
        about: [`call ${index}`],
        near: { kind: 'llm', atNs: atMilliseconds(index * 100 + 51), by: 'end', input: index, output: undefined },
      } as const,
    }));
    return () => joinLogs(logs, spans);
  }),
  growth('spans assembled', 5_000, (size) => {
    const tools = Array.from({ length: size }, (_, index): TestSpan => ({
      id: `t${index}`,
      parent: 'agent',
      kind: index % 4 === 0 ? 'llm' : 'tool',
      start: 10 + index * 10,
      end: 15 + index * 10,
      facts: { name: 'read' },
    }));
    return () => assembleSpans([agentSpan, ...tools]);
  }),
  ...[false, true].map((withId) =>
    growth(withId ? 'tools that share one id' : 'tools asked for without ids', 2_000, (size) => {
      const asks = Array.from({ length: size }, (_, index) => `f${withId ? '#1' : ''}{"n":"${index}"}`);
      const tools = Array.from({ length: size }, (_, index): TestSpan => ({
        id: `t${index}`,
        parent: 'agent',
        kind: 'tool',
        start: 10 + index / 1_000,
        end: 11 + index / 1_000,
        facts: { name: 'f' },
        ...(withId ? { callId: '1' } : {}),
        content: { toolArguments: `{"n":"${size - index}"}` },
      }));
      return () =>
        assembleSpans([agentSpan, { id: 'l', parent: 'agent', kind: 'llm', start: 1, end: 6, asks }, ...tools]);
    }),
  ),
];

/** A look-up costs 85 µs: of one model it is made once. */
function priceRow(): BenchRow {
  const one: number[] = [];
  const each: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const pricer = createPricer(packagedPricing);
    one.push(
      processorMs(() =>
        Array.from({ length: 10_000 }, (_, index) => pricer.price(priceRequest('gpt-5.4-2026-03-05', index))),
      ),
    );
    each.push(
      processorMs(() =>
        Array.from({ length: 1_000 }, (_, index) =>
          pricer.price(priceRequest(`gpt-5.4-other-${round}-${index}`, index)),
        ),
      ),
    );
  }
  return {
    name: 'prices',
    meaning: '10,000 steps of one model / 1,000 models once',
    goal: 1,
    figure: median(one) / median(each),
    detail: `${median(one).toFixed(1)} ms / ${median(each).toFixed(1)} ms`,
  };
}

process.exitCode = printReport([...rows, priceRow()]) ? 0 : 1;
