import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attributeTextLimit } from '../../../shared/contract.ts';
import type { StepDetail } from '../../../shared/contract.ts';
import type { Message } from '../../../shared/model/message.ts';
import { capture, temporaryDirectory } from '../backend.testing.ts';
import type { TemporaryDirectory } from '../backend.testing.ts';
import { createBackend } from '../backend.ts';
import type { Backend } from '../backend.ts';

let directory: TemporaryDirectory;
let backend: Backend;
const client = () => createRouterClient(backend.router);

beforeAll(async () => {
  directory = await temporaryDirectory();
  backend = await createBackend({
    libraryDirectory: directory.path,
    receive: false,
    otlpHttpPort: undefined,
    otlpGrpcPort: undefined,
    version: 'test',
  });
});

afterAll(async () => {
  await backend.close();
  await directory.remove();
});

async function stepsOf(path: string): Promise<readonly StepDetail[]> {
  const steps: StepDetail[] = [];
  for await (const event of await client().files.importPaths({ paths: [path] })) {
    if (event.type !== 'done') continue;
    for (const runId of event.runIds) {
      const { kind } = await client().steps.table({ runId });
      for (const index of kind.keys()) steps.push(await client().steps.get({ runId, index }));
    }
  }
  return steps;
}

async function wholeInput({ runId, index, messages }: StepDetail): Promise<readonly Message[]> {
  return [...(await client().steps.messages({ runId, index, from: 0, to: messages.unchanged })), ...messages.fresh];
}

// anthropic-sdk-native sends what is new only: its conversation is put together.
test.each(['vercel-ai', 'openai-agents', 'langfuse', 'otel-plain', 'anthropic-sdk-native'])(
  '%s: what is new at each llm step is what came since the one before',
  async (name) => {
    const calls = (await stepsOf(capture(name, name === 'otel-plain' ? 'proto' : 'normal'))).filter(
      ({ kind, messages }) => kind === 'llm' && messages.total > 0,
    );
    expect(calls.length).toBeGreaterThan(3);
    const byIndex = new Map(calls.map((call) => [call.index, call]));
    for (const call of calls) {
      expect(await wholeInput(call)).toHaveLength(call.messages.total);
      const before = call.messages.since === undefined ? undefined : byIndex.get(call.messages.since);
      if (!before) continue;
      // The model gets back what it said and the results of the tools that it asked for: all else is known.
      expect(call.messages.unchanged).toBeGreaterThanOrEqual(before.messages.total);
      expect(call.messages.fresh.every(({ role }) => role !== 'system')).toBe(true);
    }
    expect(calls.filter(({ messages }) => messages.since !== undefined).length).toBeGreaterThanOrEqual(
      calls.length - 3,
    );
  },
);

test.each(['vercel-ai', 'anthropic-sdk-native', 'openai-agents', 'langfuse'])(
  '%s: every tool step has its arguments, its result and the call that asked for it',
  async (name) => {
    const steps = await stepsOf(capture(name, 'normal'));
    const tools = steps.filter(({ kind }) => kind === 'tool');
    expect(tools.length).toBeGreaterThan(3);
    for (const { tool } of tools) {
      expect(JSON.parse(tool?.arguments ?? 'null')).toBeTypeOf('object');
      expect(tool?.result?.length).toBeGreaterThan(0);
      const asking = steps.find(({ index }) => index === tool?.requestedBy);
      expect(
        asking?.calls.some(({ name: called, arguments: given }) => called === tool?.name && given !== undefined),
      ).toBe(true);
    }
  },
);

test('a client without tool spans: the tool step is rebuilt from what the model asked and what it saw next', async () => {
  const system = { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] };
  const question = { role: 'user', parts: [{ type: 'text', content: 'How long is the Nile?' }] };
  const asked = {
    role: 'assistant',
    parts: [{ type: 'tool_call', id: 'call_1', name: 'search', arguments: { query: 'nile' } }],
  };
  const answer = { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: '6650 km' }] };
  const said = { role: 'assistant', parts: [{ type: 'text', content: '6650 km.' }], finish_reason: 'stop' };
  const span = (number: number, input: readonly object[], output: readonly object[]) => ({
    traceId: 'c'.repeat(32),
    spanId: String(number).padStart(16, '0'),
    name: 'chat gpt-5',
    kind: 3,
    startTimeUnixNano: `170000000000${number}000000`,
    endTimeUnixNano: `170000000000${number}900000`,
    attributes: Object.entries({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.input.messages': JSON.stringify(input),
      'gen_ai.output.messages': JSON.stringify(output),
    }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  });
  const text = JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          { spans: [span(1, [system, question], [asked]), span(2, [system, question, asked, answer], [said])] },
        ],
      },
    ],
  });
  for await (const event of await client().files.importText({ name: 'pasted', text }))
    expect(event.type === 'file' ? event.report.skipped : []).toEqual([]);
  const runId = 'c'.repeat(32);
  const { kind } = await client().steps.table({ runId });
  const steps = await Promise.all([...kind.keys()].map((index) => client().steps.get({ runId, index })));
  const tool = steps.find((step) => step.kind === 'tool');
  expect(tool).toMatchObject({
    origin: 'messages',
    tool: { name: 'search', callId: 'call_1', arguments: '{"query":"nile"}', result: '6650 km' },
  });
  const [first, second] = steps.filter((step) => step.kind === 'llm');
  expect(first).toMatchObject({
    messages: { total: 2, unchanged: 0 },
    calls: [{ index: tool?.index, id: 'call_1', name: 'search' }],
  });
  expect(second?.messages).toMatchObject({ total: 4, unchanged: 3, since: first?.index, fresh: [{ role: 'tool' }] });
  const raw = (await client().steps.raw({ runId, index: tool?.index ?? 0 })).json.split('\n');
  expect(raw.length).toBeGreaterThanOrEqual(2);
});

test('long attributes are cut for the list, and whole when asked for', async () => {
  const steps = await stepsOf(capture('langfuse', 'normal'));
  const long = steps.flatMap((step) =>
    step.attributes.filter(({ length }) => length > attributeTextLimit).map((row) => ({ step, row })),
  )[0];
  expect(long?.row.text).toHaveLength(attributeTextLimit);
  const { text } = await client().steps.attribute({
    runId: long?.step.runId ?? '',
    index: long?.step.index ?? 0,
    key: long?.row.key ?? '',
    of: 'span',
  });
  expect(text).toHaveLength(long?.row.length ?? 0);
  expect(text.startsWith(long?.row.text ?? '-')).toBe(true);
});

test('the raw span is OTLP JSON that can be imported again', async () => {
  const [step] = await stepsOf(capture('vercel-ai', 'normal'));
  const { json } = await client().steps.raw({ runId: step?.runId ?? '', index: 0 });
  const events = [];
  for await (const event of await client().files.importText({ name: 'pasted', text: json })) events.push(event);
  expect(events.at(-1)).toMatchObject({
    type: 'done',
    files: [{ format: 'otlp-json', spans: 1, unchanged: 1, skipped: [] }],
  });
});
