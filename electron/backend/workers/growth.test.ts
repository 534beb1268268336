import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../backend.testing.ts';
import { countedWork } from '../counted-work.testing.ts';
import { openPipeline } from '../ingest/pipeline/pipeline.testing.ts';
import type { OpenPipeline } from '../ingest/pipeline/pipeline.testing.ts';
import { createImports } from './imports.ts';
import { createReadFunctions } from './read-functions.ts';

/**
 * Nothing takes more than in proportion: each dimension that a trace can grow in is doubled twice, and the work of import, assembly and
 * reading counted. What the second doubling added over what the first one added is 2 where work is linear, 4 where it is a square.
 */
const bar = 2.8;

type Json = Readonly<Record<string, unknown>>;

const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0');
const at = (milliseconds: number): string => String(1_790_000_000_000_000_000n + BigInt(milliseconds) * 1_000_000n);
const text = (key: string, stringValue: string): Json => ({ key, value: { stringValue } });

function span(index: number, more: Json = {}, trace = 1): Json {
  return {
    traceId: hex(trace, 32),
    spanId: hex(index + 1, 16),
    name: `span ${index}`,
    startTimeUnixNano: at(index * 10),
    endTimeUnixNano: at(index * 10 + 5),
    ...more,
  };
}

const chat = (attributes: readonly Json[]): Json => ({
  attributes: [text('gen_ai.operation.name', 'chat'), text('gen_ai.request.model', 'gpt-5'), ...attributes],
});
const tool = (name: string): Json => ({
  attributes: [text('gen_ai.operation.name', 'execute_tool'), text('gen_ai.tool.name', name)],
});
const message = (index: number, role = 'user'): Json => ({
  role,
  parts: [{ type: 'text', content: `message ${index}` }],
});
const child: Json = { parentSpanId: hex(1, 16) };
const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

const traces = (spans: readonly unknown[]): string => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const prompt = (messages: unknown): string =>
  traces([span(0, chat([text('gen_ai.input.messages', JSON.stringify(messages))]))]);

/** Each: how many to begin with, and the document with so many. */
const documents: Readonly<Record<string, readonly [size: number, document: (count: number) => string]>> = {
  'messages of a prompt': [200, (count) => prompt(times(count, (index) => message(index)))],
  'parts of a message': [
    200,
    (count) => prompt([{ role: 'user', parts: times(count, (index) => ({ type: 'text', content: `part ${index}` })) }]),
  ],
  'tools that are offered': [
    200,
    (count) =>
      traces([
        span(
          0,
          chat([
            text('gen_ai.input.messages', JSON.stringify([message(0)])),
            text(
              'gen_ai.tool.definitions',
              JSON.stringify(times(count, (index) => ({ type: 'function', name: `tool_${index}`, parameters: {} }))),
            ),
          ]),
        ),
      ]),
  ],
  'tools that an answer asks for, and their steps': [
    100,
    (count) =>
      traces([
        span(0, { name: 'agent', attributes: [text('gen_ai.operation.name', 'invoke_agent')] }),
        span(1, {
          ...child,
          ...chat([
            text(
              'gen_ai.output.messages',
              JSON.stringify([
                {
                  role: 'assistant',
                  parts: times(count, (index) => ({ type: 'tool_call', id: `c${index}`, name: 'read', arguments: {} })),
                },
              ]),
            ),
          ]),
        }),
        ...times(count, (index) => {
          const { attributes } = tool('read') as { readonly attributes: readonly Json[] };
          return span(index + 2, { ...child, attributes: [...attributes, text('gen_ai.tool.call.id', `c${index}`)] });
        }),
      ]),
  ],
  'calls that send their whole conversation in pieces of their own': [
    20,
    (count) =>
      traces(
        times(count, (step) =>
          span(step, chat([text('gen_ai.input.messages', JSON.stringify([message(step), message(step + 1)]))])),
        ),
      ),
  ],
  'attributes of a span': [
    400,
    (count) => traces([span(0, { attributes: times(count, (index) => text(`key ${index}`, `value ${index}`)) })]),
  ],
  'attributes beyond what is kept': [
    20_000,
    (count) =>
      traces([span(0, { attributes: times(count, (index) => ({ key: `k${index}`, value: { intValue: 1 } })) })]),
  ],
  'messages flattened into attributes': [
    100,
    (count) =>
      traces([
        span(0, {
          attributes: [
            text('openinference.span.kind', 'LLM'),
            ...times(count, (index) => [
              text(`llm.input_messages.${index}.message.role`, 'user'),
              text(`llm.input_messages.${index}.message.content`, `message ${index}`),
            ]).flat(),
          ],
        }),
      ]),
  ],
  'events of a span': [
    300,
    (count) =>
      traces([span(0, { events: times(count, (index) => ({ timeUnixNano: at(index), name: `event ${index}` })) })]),
  ],
  'messages that are events': [
    200,
    (count) =>
      traces([
        span(0, {
          ...chat([]),
          events: times(count, (index) => ({
            timeUnixNano: at(index),
            name: 'gen_ai.user.message',
            attributes: [text('content', `message ${index}`)],
          })),
        }),
      ]),
  ],
  'links of a span': [
    300,
    (count) =>
      traces([
        span(0, { links: times(count, (index) => ({ traceId: hex(index + 9, 32), spanId: hex(index + 9, 16) })) }),
      ]),
  ],
  'log records of a run': [
    200,
    (count) =>
      `${traces([span(0), span(1, { ...child, ...chat([]) })])}\n${JSON.stringify({
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: times(count, (index) => ({
                  timeUnixNano: at(index),
                  traceId: hex(1, 32),
                  spanId: hex(2, 16),
                  eventName: 'gen_ai.user.message',
                  body: { stringValue: `record ${index}` },
                })),
              },
            ],
          },
        ],
      })}`,
  ],
  'spans beside each other': [
    300,
    (count) => traces([span(0), ...times(count, (index) => span(index + 1, { ...child, ...tool('read') }))]),
  ],
  'spans in spans': [
    300,
    (count) => traces(times(count, (index) => span(index, index === 0 ? {} : { parentSpanId: hex(index, 16) }))),
  ],
  'agents in agents': [
    300,
    (count) =>
      traces(
        times(count, (index) =>
          span(index, {
            attributes: [text('gen_ai.operation.name', index % 2 === 0 ? 'invoke_agent' : 'chat')],
            ...(index === 0 ? {} : { parentSpanId: hex(index, 16) }),
          }),
        ),
      ),
  ],
  'spans whose parent is missing': [
    300,
    (count) => traces(times(count, (index) => span(index, { parentSpanId: hex(index + 1_000_000, 16) }))),
  ],
  'spans that name each other as parents': [
    300,
    (count) => traces(times(count, (index) => span(index, { parentSpanId: hex(((index + 1) % count) + 1, 16) }))),
  ],
  'the same span again': [300, (count) => traces(times(count, () => span(0)))],
  'spans with an id that another has': [
    300,
    (count) => traces(times(count, (index) => span(0, { name: `${index}`, startTimeUnixNano: at(index) }))),
  ],
  'traces of one span': [100, (count) => traces(times(count, (index) => span(index, {}, index + 1)))],
  'traces of a session that is one run': [
    50,
    (count) =>
      JSON.stringify({
        resourceSpans: [
          {
            resource: { attributes: [text('service.name', 'claude-code')] },
            scopeSpans: [
              {
                scope: { name: 'com.anthropic.claude_code' },
                spans: times(count, (index) => span(index, { attributes: [text('session.id', 'one')] }, index + 1)),
              },
            ],
          },
        ],
      }),
  ],
  'levels of a value': [10, (count) => traces([span(0, { attributes: [{ key: 'deep', value: nested(count) }] })])],
  'levels of JSON in a prompt': [400, (count) => prompt(`${'{"messages":['.repeat(count)}${']}'.repeat(count)}`)],
  'line ends in a text': [20_000, (count) => traces([span(0, { attributes: [text('note', '\n'.repeat(count))] })])],
  'quotes in a text': [20_000, (count) => traces([span(0, { attributes: [text('note', '"'.repeat(count))] })])],
  'line ends in a status': [
    20_000,
    (count) => traces([span(0, { status: { code: 2, message: `failed${'\n'.repeat(count)}` } })]),
  ],
  'blanks in what a tool gave': [
    20_000,
    (count) => traces([span(0, { ...tool('run'), status: { code: 2, message: `pid${' '.repeat(count)}x` } })]),
  ],
  'items that are refused': [1_000, (count) => traces(times(count, () => ({})))],
  'items that are refused, each for a reason of its own': [
    1_000,
    (count) => traces(times(count, (index) => span(index, { traceId: `no ${index}` }))),
  ],
  'lines that are no telemetry': [
    500,
    (count) => `${traces([span(0)])}\n${times(count, (index) => `line ${index}\n`).join('')}`,
  ],
};

const nested = (levels: number): Json =>
  levels === 0 ? { stringValue: 'x' } : { arrayValue: { values: [nested(levels - 1)] } };

async function inLibrary<Result>(work: (open: OpenPipeline, directory: string) => Promise<Result>): Promise<Result> {
  const directory = await temporaryDirectory();
  const open = openPipeline(join(directory.path, 'library'), { quietMs: 0 });
  try {
    return await work(open, directory.path);
  } finally {
    await open.close();
    await directory.remove();
  }
}

const never = new AbortController().signal;

/** Import, assembly, and what a window reads of the first run: its table and its last step. */
const workOf = (document: string): Promise<number> =>
  inLibrary(({ pipeline }, directory) =>
    countedWork(async () => {
      const { runIds } = await pipeline.importSource(
        { name: 'grown.jsonl', bytes: Buffer.from(document) },
        { signal: never, onProgress: () => undefined },
      );
      const [runId] = runIds;
      if (runId === undefined) return;
      const read = createReadFunctions(join(directory, 'library'));
      const table = read.stepTable(runId);
      read.stepDetail(runId, table.steps - 1, undefined);
      read.stepDetail(runId, Math.min(1, table.steps - 1), 10_000);
      read.close();
    }),
  );

async function growthOf(work: (factor: number) => Promise<number>): Promise<number> {
  // What is made once, with the first document, is no growth.
  await work(1);
  const [once, twice, fourTimes] = [await work(1), await work(2), await work(4)];
  // Where next to nothing is added, what is counted are timers.
  return (fourTimes - twice) / Math.max(twice - once, once / 20);
}

test.for(Object.entries(documents))('%s', async ([, [size, document]]) => {
  expect(await growthOf((factor) => workOf(document(size * factor)))).toBeLessThan(bar);
});

test('files in a folder', async () => {
  const growth = await growthOf((factor) =>
    inLibrary(({ pipeline }, directory) => {
      const folder = join(directory, 'files');
      mkdirSync(folder);
      for (let file = 0; file < 40 * factor; file++)
        writeFileSync(join(folder, `${file}.json`), traces([span(0, {}, file + 1)]));
      const imports = createImports(
        () => Promise.resolve(pipeline),
        () => undefined,
      );
      return countedWork(() => imports.paths(1, [folder]));
    }),
  );
  expect(growth).toBeLessThan(bar);
});

test('runs that still run, beside requests of others', async () => {
  const growth = await growthOf((factor) =>
    inLibrary(async ({ pipeline }) => {
      const send = (index: number) =>
        pipeline.receive({ signal: 'traces', encoding: 'json', body: Buffer.from(traces([span(0, {}, index + 1)])) });
      return countedWork(async () => {
        for (let request = 0; request < 50 * factor; request++) await send(request);
      });
    }),
  );
  expect(growth).toBeLessThan(bar);
});

test('a square is seen as one', async () => {
  const square = (count: number): number => {
    let sum = 0;
    for (let outer = 0; outer < count; outer++) for (let inner = 0; inner < count; inner++) sum += inner % 2;
    return sum;
  };
  expect(await growthOf((factor) => countedWork(() => square(50 * factor)))).toBeGreaterThan(3.5);
});
