import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { generateText, jsonSchema, streamText, tool } from 'ai';
import type { LanguageModel, ToolSet } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatOf } from '../support/backend-internals.ts';
import type { WireAnswer, WirePart } from '../support/backend-internals.ts';

/** What the gateway writes is read by the providers' own SDKs, so that our readers do not vouch for our writers (FACTS.md, Wire shapes). */
const families = ['openai.chat', 'openai.responses', 'anthropic.messages', 'gemini.generate'] as const;
type Family = (typeof families)[number];

const usage = { input: 1_200, cacheRead: 1_000, output: 40, reasoning: 10 };
const text: WirePart = { type: 'text', text: 'Zürich — “3 °C”, \\n is no line\nbut this is: 雪 🏔' };
const calls: readonly WirePart[] = [
  {
    type: 'tool_call',
    id: 'call_1',
    name: 'lookup',
    arguments: '{"q":"snow \\"deep\\"","deep":{"n":[1,2.5,null,true]}}',
  },
  { type: 'tool_call', id: 'call_2', name: 'lookup', arguments: '{"q":"ice"}' },
];
const reasoning: WirePart = { type: 'reasoning', text: 'It is cold there.', signature: 'c2lnbmVk' };

const answers: ReadonlyMap<string, WireAnswer> = new Map(
  (
    [
      ['a text', [text], 'stop'],
      ['parallel tool calls', calls, 'tool_calls'],
      ['a text, then tool calls', [text, ...calls], 'tool_calls'],
      ['reasoning, then a text', [reasoning, text], 'stop'],
      ['reasoning, then tool calls', [reasoning, ...calls], 'tool_calls'],
      ['a cut text', [text], 'length'],
      ['an empty text', [{ type: 'text', text: '' }], 'stop'],
      [
        'a call without arguments',
        [{ type: 'tool_call', id: 'call_9', name: 'lookup', arguments: '{}' }],
        'tool_calls',
      ],
    ] as const
  ).map(([name, parts, finish]) => [
    name,
    { id: 'answer-1', model: 'model-1', parts, finish, usage, error: undefined },
  ]),
);

interface Read {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly usage: readonly (number | undefined)[];
  readonly reasoning?: string | undefined;
}

const said = (answer: WireAnswer): Pick<Read, 'text' | 'calls'> => ({
  text: answer.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
  calls: answer.parts.flatMap((part) =>
    part.type === 'tool_call'
      ? [{ name: part.name ?? '', arguments: JSON.parse(part.arguments ?? '{}') as unknown }]
      : [],
  ),
});

let serve: { body: string; type: string };
const server = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'content-type': serve.type }).end(serve.body));
});
let url: string;

beforeAll(async () => {
  // It warns that it does not know the model.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function give(family: Family, answer: WireAnswer, stream: boolean): void {
  const format = formatOf(family);
  serve = stream
    ? { body: format.writeStream(answer, 'model-1', { includeUsage: true }), type: 'text/event-stream; charset=utf-8' }
    : { body: format.writeAnswer(answer, 'model-1'), type: 'application/json' };
}

/** The provider's own SDK, with its helper that puts a stream together. */
async function byProviderSdk(family: Family, stream: boolean): Promise<Read> {
  switch (family) {
    case 'openai.chat': {
      const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
      const request = { model: 'model-1', messages: [{ role: 'user' as const, content: 'hello' }] };
      const completion = stream
        ? await client.chat.completions
            .stream({ ...request, stream_options: { include_usage: true } })
            .finalChatCompletion()
        : await client.chat.completions.create(request);
      const message = completion.choices[0]?.message;
      return {
        text: message?.content ?? '',
        calls: (message?.tool_calls ?? []).flatMap((call) =>
          call.type === 'function'
            ? [{ name: call.function.name, arguments: JSON.parse(call.function.arguments) as unknown }]
            : [],
        ),
        usage: [
          completion.usage?.prompt_tokens,
          completion.usage?.prompt_tokens_details?.cached_tokens,
          completion.usage?.completion_tokens,
        ],
      };
    }
    case 'openai.responses': {
      const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
      const request = { model: 'model-1', input: 'hello' };
      const answer = stream
        ? await client.responses.stream(request).finalResponse()
        : await client.responses.create(request);
      return {
        text: answer.output_text,
        calls: answer.output.flatMap((item) =>
          item.type === 'function_call' ? [{ name: item.name, arguments: JSON.parse(item.arguments) as unknown }] : [],
        ),
        usage: [
          answer.usage?.input_tokens,
          answer.usage?.input_tokens_details.cached_tokens,
          answer.usage?.output_tokens,
        ],
        reasoning: answer.output
          .map((item) => (item.type === 'reasoning' ? item.summary.map((part) => part.text).join('') : ''))
          .join(''),
      };
    }
    case 'anthropic.messages': {
      const client = new Anthropic({ apiKey: 'none', baseURL: url, maxRetries: 0 });
      const request = { model: 'model-1', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] };
      const message = stream
        ? await client.messages.stream(request).finalMessage()
        : await client.messages.create(request);
      expect(['end_turn', 'tool_use', 'max_tokens']).toContain(message.stop_reason);
      return {
        text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
        calls: message.content.flatMap((block) =>
          block.type === 'tool_use' ? [{ name: block.name, arguments: block.input }] : [],
        ),
        // Its own counts exclude what was read from the cache.
        usage: [
          message.usage.input_tokens + (message.usage.cache_read_input_tokens ?? 0),
          message.usage.cache_read_input_tokens ?? undefined,
          message.usage.output_tokens,
        ],
        reasoning: message.content
          .map((block) =>
            block.type === 'thinking'
              ? `${block.thinking}${block.signature === 'c2lnbmVk' ? '' : ' without its signature'}`
              : '',
          )
          .join(''),
      };
    }
    case 'gemini.generate': {
      const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: url } });
      const request = { model: 'model-1', contents: 'hello' };
      const chunks = stream
        ? await Array.fromAsync(await client.models.generateContentStream(request))
        : [await client.models.generateContent(request)];
      const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
      const last = chunks.at(-1)?.usageMetadata;
      return {
        text: parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join(''),
        calls: parts.flatMap(({ functionCall }) =>
          functionCall ? [{ name: functionCall.name ?? '', arguments: functionCall.args ?? {} }] : [],
        ),
        usage: [
          last?.promptTokenCount,
          last?.cachedContentTokenCount,
          (last?.candidatesTokenCount ?? 0) + (last?.thoughtsTokenCount ?? 0),
        ],
        reasoning: parts.map((part) => (part.thought === true ? (part.text ?? '') : '')).join(''),
      };
    }
  }
}

function aiSdkModel(family: Family): LanguageModel {
  switch (family) {
    case 'openai.chat':
      return createOpenAI({ apiKey: 'none', baseURL: `${url}/v1` }).chat('model-1');
    case 'openai.responses':
      return createOpenAI({ apiKey: 'none', baseURL: `${url}/v1` })('model-1');
    case 'anthropic.messages':
      return createAnthropic({ apiKey: 'none', baseURL: `${url}/v1` })('model-1');
    case 'gemini.generate':
      return createGoogle({ apiKey: 'none', baseURL: `${url}/v1beta` })('model-1');
  }
}

/** The Vercel AI SDK, which reads each format with code of its own. */
async function byAiSdk(family: Family, stream: boolean): Promise<Read> {
  const tools: ToolSet = { lookup: tool({ inputSchema: jsonSchema<Record<string, unknown>>({ type: 'object' }) }) };
  const request = { model: aiSdkModel(family), prompt: 'hello', maxRetries: 0, tools };
  let failure: unknown;
  const result = stream
    ? streamText({ ...request, onError: ({ error }) => void (failure = error) })
    : await generateText(request);
  const read = {
    text: await result.text,
    calls: await result.toolCalls,
    usage: await result.usage,
    reasoning: await result.reasoningText,
  };
  if (failure !== undefined) throw failure;
  return {
    text: read.text,
    calls: read.calls.map(({ toolName, input }) => ({ name: toolName, arguments: input })),
    usage: [read.usage.inputTokens, read.usage.inputTokenDetails.cacheReadTokens, read.usage.outputTokens],
    reasoning: read.reasoning,
  };
}

const carriesReasoning = (family: Family): boolean => family !== 'openai.chat';

describe.each(families)('%s', (family) => {
  describe.each([
    ['JSON', false],
    ['a stream', true],
  ] as const)('as %s', (_way, stream) => {
    test.each([...answers])('%s is read as it was said', async (_name, answer) => {
      give(family, answer, stream);
      const expected = said(answer);
      for (const read of [await byProviderSdk(family, stream), await byAiSdk(family, stream)]) {
        expect({ text: read.text, calls: read.calls }).toEqual(expected);
        expect(read.usage).toEqual([usage.input, usage.cacheRead, usage.output]);
        if (carriesReasoning(family) && answer.parts[0]?.type === 'reasoning')
          expect(read.reasoning).toBe('It is cold there.');
      }
    });
  });

  test.each([...answers])(
    'a stream of %s has none of the shapes that break a client (FACTS.md, Wire shapes)',
    (_name, answer) => {
      const stream = formatOf(family).writeStream(answer, 'model-1', { includeUsage: true });
      const lines = stream.split('\n');
      // Gemini's CLI breaks at a comment.
      expect(lines.filter((line) => line.startsWith(':'))).toEqual([]);
      expect(stream.endsWith('\n\n')).toBe(true);
      const events = lines
        .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
        .map(
          (line) =>
            JSON.parse(line.slice(6)) as {
              type?: string;
              choices?: readonly { delta: Record<string, unknown>; finish_reason: string | null }[];
              sequence_number?: number;
              message?: { usage?: unknown };
            },
        );
      const types = events.map(({ type }) => type ?? '');
      switch (family) {
        case 'openai.chat':
          expect(events[0]?.choices?.[0]?.delta['role']).toBe('assistant');
          expect(events.filter(({ choices }) => choices?.[0]?.finish_reason)).toHaveLength(1);
          expect(lines.at(-3)).toBe('data: [DONE]');
          return;
        case 'openai.responses':
          expect(types[0]).toBe('response.created');
          expect(['response.completed', 'response.incomplete']).toContain(types.at(-1));
          expect(types.filter((type) => type === 'response.output_item.added').length).toBe(
            types.filter((type) => type === 'response.output_item.done').length,
          );
          expect(types.filter((type) => type === 'response.content_part.added').length).toBe(
            answer.parts.filter(({ type }) => type === 'text').length,
          );
          expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
          expect(stream).not.toContain('[DONE]');
          return;
        case 'anthropic.messages':
          expect(lines.filter((line) => line.startsWith('event: ')).map((line) => line.slice(7))).toEqual(types);
          expect(events[0]?.message?.usage).toBeDefined();
          expect(types.filter((type) => type === 'content_block_start').length).toBe(
            types.filter((type) => type === 'content_block_stop').length,
          );
          expect(types.slice(-2)).toEqual(['message_delta', 'message_stop']);
          return;
        case 'gemini.generate':
          expect(stream).not.toContain('[DONE]');
          expect(stream).not.toContain('event:');
      }
    },
  );
});
