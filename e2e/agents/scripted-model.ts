import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/**
 * A model server that needs no key and no network: it speaks the chat completions, responses, messages and generateContent
 * formats, as JSON and as streams. The model asks for the tool `lookup` a number of times, then answers with what it saw:
 * its model name, its instructions and every tool result, so that an edit anywhere shows in the answer.
 * By hand: `node e2e/agents/scripted-model.ts [--port N] [--rounds N]`.
 */
export interface ScriptedModel {
  /** Without a path: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Bodies of the model calls so far, as they arrived, with their paths. */
  readonly calls: readonly ReceivedCall[];
  close(): Promise<void>;
}

export interface ReceivedCall {
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

export interface ScriptedModelOptions {
  readonly rounds?: number;
  readonly port?: number;
  /** Before it answers; what a slow model takes. */
  readonly delayMs?: number;
  /** The status of the n-th call, from 0, where it is to fail. */
  readonly failures?: ReadonlyMap<number, number>;
}

interface Seen {
  readonly model: string;
  readonly system: string;
  readonly user: string;
  readonly results: readonly string[];
}

interface Said {
  readonly text: string | undefined;
  readonly call: { readonly id: string; readonly query: string } | undefined;
}

type Json = Readonly<Record<string, unknown>>;

export async function startScriptedModel(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const rounds = options.rounds ?? 3;
  const calls: ReceivedCall[] = [];
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) body += chunk;
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    const format = request.method === 'POST' ? formats.find(({ pattern }) => pattern.test(path)) : undefined;
    if (!format) {
      response.writeHead(404).end();
      return;
    }
    const index = calls.length;
    calls.push({ path: request.url ?? '/', body, authorization: request.headers.authorization ?? request.headers['x-api-key']?.toString() });
    await new Promise((resolve) => setTimeout(resolve, options.delayMs ?? 0));
    const failure = options.failures?.get(index);
    if (failure !== undefined) {
      response.writeHead(failure, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: `scripted failure ${failure}`, type: 'scripted' } }));
      return;
    }
    const json = JSON.parse(body) as Json;
    const seen = format.read(json, path);
    const said: Said = seen.results.length < rounds
      ? { text: undefined, call: { id: `call_${index}_${Math.random().toString(36).slice(2, 10)}`, query: `${seen.user} #${seen.results.length + 1}` } }
      : { text: `${seen.model} was told “${seen.system}” and asked “${seen.user}”; it read ${seen.results.join(' | ')}.`, call: undefined };
    const stream = json['stream'] === true || path.includes('streamGenerateContent');
    response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json', 'x-request-id': `req_${index}` });
    if (!stream) {
      response.end(JSON.stringify(format.json(said, seen, index)));
      return;
    }
    for (const event of format.stream(said, seen, index)) {
      response.write(event);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  }

  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const usage = { input: 120, output: 30 };

interface Format {
  readonly pattern: RegExp;
  read(body: Json, path: string): Seen;
  json(said: Said, seen: Seen, index: number): unknown;
  stream(said: Said, seen: Seen, index: number): readonly string[];
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : list(value).map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join(''));
const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: Json): string => `event: ${String(value['type'])}\n${data(value)}`;
const halves = (text: string): readonly string[] => [text.slice(0, text.length / 2), text.slice(text.length / 2)];

const chat: Format = {
  pattern: /\/chat\/completions$/,
  read(body) {
    const messages = list(body['messages']);
    const of = (role: string): readonly string[] => messages.filter((message) => message['role'] === role).map((message) => textOf(message['content']));
    return { model: String(body['model']), system: of('system').join(' '), user: of('user').join(' '), results: of('tool') };
  },
  json: ({ text, call }, { model }, index) => ({
    id: `chatcmpl-${index}`, object: 'chat.completion', created: 1_790_000_000, model,
    choices: [{
      index: 0, logprobs: null, finish_reason: call ? 'tool_calls' : 'stop',
      message: { role: 'assistant', refusal: null, content: text ?? null, ...(call ? { tool_calls: [{ id: call.id, type: 'function', function: { name: 'lookup', arguments: JSON.stringify({ q: call.query }) } }] } : {}) },
    }],
    usage: { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: usage.input + usage.output },
  }),
  stream({ text, call }, { model }, index) {
    const chunk = (delta: unknown, finish_reason: string | null = null): string => data({ id: `chatcmpl-${index}`, object: 'chat.completion.chunk', created: 1_790_000_000, model, choices: [{ index: 0, delta, finish_reason }] });
    const parts = call
      ? [chunk({ tool_calls: [{ index: 0, id: call.id, type: 'function', function: { name: 'lookup', arguments: '' } }] }), ...halves(JSON.stringify({ q: call.query })).map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }))]
      : halves(text ?? '').map((content) => chunk({ content }));
    const end = data({ id: `chatcmpl-${index}`, object: 'chat.completion.chunk', created: 1_790_000_000, model, choices: [], usage: { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: usage.input + usage.output } });
    return [chunk({ role: 'assistant', content: '' }), ...parts, chunk({}, call ? 'tool_calls' : 'stop'), end, 'data: [DONE]\n\n'];
  },
};

const responses: Format = {
  pattern: /\/responses$/,
  read(body) {
    const items = typeof body['input'] === 'string' ? [{ role: 'user', content: body['input'] }] : list(body['input']);
    return {
      model: String(body['model']), system: textOf(body['instructions']),
      user: items.filter((item: Json) => item['role'] === 'user').map((item: Json) => textOf(item['content'])).join(' '),
      results: items.filter((item: Json) => item['type'] === 'function_call_output').map((item: Json) => textOf(item['output'])),
    };
  },
  json(said, { model }, index) {
    return { id: `resp_${index}`, object: 'response', created_at: 1_790_000_000, status: 'completed', error: null, incomplete_details: null, model, output: [outputItem(said, index)], parallel_tool_calls: true, tools: [], usage: { input_tokens: usage.input, input_tokens_details: { cached_tokens: 0 }, output_tokens: usage.output, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: usage.input + usage.output } };
  },
  stream(said, seen, index) {
    const final = responses.json(said, seen, index) as Json;
    const item = outputItem(said, index);
    const open = { ...final, status: 'in_progress', output: [], usage: null };
    const at = { item_id: item['id'], output_index: 0 };
    const middle = said.call
      ? [{ type: 'response.function_call_arguments.done', ...at, arguments: item['arguments'] }]
      : [
        { type: 'response.content_part.added', ...at, content_index: 0, part: { type: 'output_text', text: '', annotations: [] } },
        ...halves(said.text ?? '').map((delta) => ({ type: 'response.output_text.delta', ...at, content_index: 0, delta })),
        { type: 'response.output_text.done', ...at, content_index: 0, text: said.text },
        { type: 'response.content_part.done', ...at, content_index: 0, part: { type: 'output_text', text: said.text, annotations: [] } },
      ];
    return [
      { type: 'response.created', response: open }, { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', ...(said.call ? { arguments: '' } : { content: [] }) } },
      ...middle, { type: 'response.output_item.done', output_index: 0, item }, { type: 'response.completed', response: final },
    ].map((event, sequence_number) => named({ ...event, sequence_number }));
  },
};

function outputItem({ text, call }: Said, index: number): Json {
  return call
    ? { id: `fc_${index}`, type: 'function_call', call_id: call.id, name: 'lookup', arguments: JSON.stringify({ q: call.query }), status: 'completed' }
    : { id: `msg_${index}`, type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] };
}

const messages: Format = {
  pattern: /\/messages$/,
  read(body) {
    const all = list(body['messages']);
    const blocks = all.flatMap((message) => (typeof message['content'] === 'string' ? [] : list(message['content'])));
    const user = all.filter((message) => message['role'] === 'user').map((message) => textOf(message['content'])).filter((text) => text !== '');
    return { model: String(body['model']), system: textOf(body['system']), user: user.join(' '), results: blocks.filter((block) => block['type'] === 'tool_result').map((block) => textOf(block['content'])) };
  },
  json: (said, { model }, index) => ({
    id: `msg_${index}`, type: 'message', role: 'assistant', model, stop_sequence: null, stop_reason: said.call ? 'tool_use' : 'end_turn',
    content: [said.call ? { type: 'tool_use', id: said.call.id, name: 'lookup', input: { q: said.call.query } } : { type: 'text', text: said.text }],
    usage: { input_tokens: usage.input, output_tokens: usage.output },
  }),
  stream({ text, call }, { model }, index) {
    return [
      { type: 'message_start', message: { id: `msg_${index}`, type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: usage.input, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: call ? { type: 'tool_use', id: call.id, name: 'lookup', input: {} } : { type: 'text', text: '' } },
      ...(call ? halves(JSON.stringify({ q: call.query })).map((partial_json) => ({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json } })) : halves(text ?? '').map((piece) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }))),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: call ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: usage.output } },
      { type: 'message_stop' },
    ].map(named);
  },
};

const gemini: Format = {
  pattern: /:(?:generateContent|streamGenerateContent)$/,
  read(body, path) {
    const contents = list(body['contents']);
    const parts = contents.flatMap((content) => list(content['parts']));
    const system = body['systemInstruction'] as Json | undefined;
    return {
      model: /\/models\/([^:]+):/.exec(path)?.[1] ?? '', system: textOf(system?.['parts']),
      user: contents.filter((content) => content['role'] === 'user').map((content) => textOf(content['parts'])).filter((text) => text !== '').join(' '),
      results: parts.flatMap((part) => (part['functionResponse'] === undefined ? [] : [String(((part['functionResponse'] as Json)['response'] as Json)['output'])])),
    };
  },
  json: (said, { model }, index) => ({
    candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [said.call ? { functionCall: { id: said.call.id, name: 'lookup', args: { q: said.call.query } } } : { text: said.text }] } }],
    usageMetadata: { promptTokenCount: usage.input, candidatesTokenCount: usage.output, totalTokenCount: usage.input + usage.output }, modelVersion: model, responseId: `gem_${index}`,
  }),
  stream: (said, seen, index) => [data(gemini.json(said, seen, index))],
};

const formats: readonly Format[] = [chat, responses, messages, gemini];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name: string, otherwise: number): number => Number(process.argv[process.argv.indexOf(name) + 1] ?? otherwise) || otherwise;
  const model = await startScriptedModel({ port: option('--port', 4_399), rounds: option('--rounds', 3) });
  console.log(`Scripted model at ${model.url}; end it with Ctrl+C.`);
}
