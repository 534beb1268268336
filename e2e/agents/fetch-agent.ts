import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';

/**
 * A small agent without any library: asks the model, runs the tool `lookup`, until the model answers. The tool really does
 * something: with AGENT_TOOL_LOG set it appends a line to that file, and every result carries the time and the process id.
 * `--spans`: it reports its model calls itself, and sends its span along with each; `--apart`: without that.
 * `node e2e/agents/fetch-agent.ts chat|responses|messages|gemini [--stream] [--spans [--apart]] [--task TEXT] [--model NAME] [--system TEXT]`
 */
type Json = Readonly<Record<string, unknown>>;

const [, , format = 'chat', ...rest] = process.argv;
const option = (name: string, otherwise: string): string =>
  rest.includes(name) ? (rest[rest.indexOf(name) + 1] ?? otherwise) : otherwise;
const stream = rest.includes('--stream');
const task = option('--task', 'the price of tea');
const model = option('--model', 'scripted-1');
const system = option('--system', 'You look things up.');

/** Times and ids in a result: what makes two runs of the same agent differ. */
function lookup(query: string): string {
  const { AGENT_TOOL_LOG: log } = process.env;
  if (log) appendFileSync(log, `${query}\n`);
  return `found ${query} at ${new Date().toISOString()} pid: ${process.pid}`;
}

async function post(url: string, headers: Record<string, string>, body: unknown): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return text;
}

const events = (text: string): readonly Json[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice(6)) as Json);
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const key = process.env['AGENT_KEY'] ?? 'sk-test-0123456789abcdef0123';

/** A model call as an instrumented client reports it: under the span that TRACEPARENT names, sent when it has ended. */
async function reportSpan(startMs: number, spanId: string, responseId: unknown): Promise<void> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, TRACEPARENT: parent } = process.env;
  if (!endpoint || !parent) return;
  const [, traceId, parentSpanId] = parent.split('-');
  const text = (name: string, stringValue: unknown) => ({ key: name, value: { stringValue } });
  const count = (name: string, intValue: string) => ({ key: name, value: { intValue } });
  const attributes = [
    text('gen_ai.operation.name', 'chat'),
    text('gen_ai.provider.name', 'openai'),
    text('gen_ai.request.model', model),
    text('gen_ai.response.id', responseId),
    count('gen_ai.usage.input_tokens', '120'),
    count('gen_ai.usage.output_tokens', '30'),
  ];
  const span = {
    traceId,
    spanId,
    parentSpanId,
    name: `chat ${model}`,
    kind: 3,
    startTimeUnixNano: String(BigInt(startMs) * 1_000_000n),
    endTimeUnixNano: String(BigInt(Date.now() + 1) * 1_000_000n),
    attributes,
  };
  await post(
    `${endpoint}/v1/traces`,
    {},
    {
      resourceSpans: [
        { resource: { attributes: [] }, scopeSpans: [{ scope: { name: 'fetch-agent' }, spans: [span] }] },
      ],
    },
  );
}

async function chat(): Promise<string> {
  const base = process.env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1';
  const messages: Json[] = [
    { role: 'system', content: system },
    { role: 'user', content: task },
  ];
  for (;;) {
    const startMs = Date.now();
    const spanId = randomBytes(8).toString('hex');
    const traceparent = process.env['TRACEPARENT']?.replace(/-[0-9a-f]{16}-/, `-${spanId}-`);
    const text = await post(
      `${base}/chat/completions`,
      {
        authorization: `Bearer ${key}`,
        ...(rest.includes('--spans') && !rest.includes('--apart') && traceparent ? { traceparent } : {}),
      },
      {
        model,
        messages,
        temperature: 0.5,
        tools: [{ type: 'function', function: { name: 'lookup', parameters: { type: 'object' } } }],
        ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
      },
    );
    const message: Json = stream
      ? joined(events(text))
      : (list((JSON.parse(text) as Json)['choices'])[0]?.['message'] as Json);
    messages.push(message);
    if (rest.includes('--spans'))
      await reportSpan(startMs, spanId, stream ? events(text)[0]?.['id'] : (JSON.parse(text) as Json)['id']);
    const calls = list(message['tool_calls']);
    if (calls.length === 0) return String(message['content']);
    for (const call of calls)
      messages.push({
        role: 'tool',
        tool_call_id: call['id'],
        content: lookup(queryOf((call['function'] as Json)['arguments'])),
      });
  }
}

function joined(chunks: readonly Json[]): Json {
  let content = '';
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  for (const chunk of chunks) {
    const delta = (list(chunk['choices'])[0]?.['delta'] ?? {}) as Json;
    if (typeof delta['content'] === 'string') content += delta['content'];
    for (const piece of list(delta['tool_calls'])) {
      const call = calls.get(Number(piece['index'])) ?? { id: '', name: '', arguments: '' };
      const part = piece['function'] as Json;
      if (typeof piece['id'] === 'string') call.id = piece['id'];
      if (typeof part['name'] === 'string') call.name = part['name'];
      if (typeof part['arguments'] === 'string') call.arguments += part['arguments'];
      calls.set(Number(piece['index']), call);
    }
  }
  const tool_calls = [...calls.values()].map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    role: 'assistant',
    content: content === '' ? null : content,
    ...(tool_calls.length > 0 ? { tool_calls } : {}),
  };
}

async function responses(): Promise<string> {
  const base = process.env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1';
  const input: Json[] = [{ role: 'user', content: task }];
  for (;;) {
    const text = await post(
      `${base}/responses`,
      { authorization: `Bearer ${key}` },
      {
        model,
        instructions: system,
        input,
        temperature: 0.5,
        tools: [{ type: 'function', name: 'lookup', parameters: {} }],
        ...(stream ? { stream } : {}),
      },
    );
    const answer = stream
      ? (events(text).find((event) => event['type'] === 'response.completed')?.['response'] as Json)
      : (JSON.parse(text) as Json);
    const output = list(answer['output']);
    input.push(...output);
    const calls = output.filter((item) => item['type'] === 'function_call');
    if (calls.length === 0)
      return output
        .flatMap((item) => list(item['content']))
        .map((part) => String(part['text']))
        .join('');
    for (const call of calls)
      input.push({
        type: 'function_call_output',
        call_id: call['call_id'],
        output: lookup(queryOf(call['arguments'])),
      });
  }
}

async function messages(): Promise<string> {
  const base = process.env['ANTHROPIC_BASE_URL'] ?? 'https://api.anthropic.com';
  const all: Json[] = [{ role: 'user', content: task }];
  for (;;) {
    const text = await post(
      `${base}/v1/messages`,
      { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
      {
        model,
        system,
        messages: all,
        max_tokens: 1_000,
        temperature: 0.5,
        tools: [{ name: 'lookup', input_schema: { type: 'object' } }],
        ...(stream ? { stream } : {}),
      },
    );
    const content = stream ? blocksOf(events(text)) : list((JSON.parse(text) as Json)['content']);
    all.push({ role: 'assistant', content });
    const uses = content.filter((block) => block['type'] === 'tool_use');
    if (uses.length === 0) return content.map((block) => String(block['text'])).join('');
    all.push({
      role: 'user',
      content: uses.map((use) => ({
        type: 'tool_result',
        tool_use_id: use['id'],
        content: lookup(String((use['input'] as Json)['q'])),
      })),
    });
  }
}

function blocksOf(all: readonly Json[]): readonly Json[] {
  const blocks: { block: Json; text: string; json: string }[] = [];
  for (const event of all) {
    const delta = (event['delta'] ?? {}) as Json;
    if (event['type'] === 'content_block_start')
      blocks.push({ block: event['content_block'] as Json, text: '', json: '' });
    const last = blocks.at(-1);
    if (!last) continue;
    if (typeof delta['text'] === 'string') last.text += delta['text'];
    if (typeof delta['partial_json'] === 'string') last.json += delta['partial_json'];
  }
  return blocks.map(({ block, text, json }) =>
    block['type'] === 'text' ? { ...block, text } : { ...block, input: JSON.parse(json) as unknown },
  );
}

async function gemini(): Promise<string> {
  const base = process.env['GOOGLE_GEMINI_BASE_URL'] ?? 'https://generativelanguage.googleapis.com';
  const contents: Json[] = [{ role: 'user', parts: [{ text: task }] }];
  for (;;) {
    const method = stream ? 'streamGenerateContent?alt=sse&' : 'generateContent?';
    const text = await post(
      `${base}/v1beta/models/${model}:${method}key=${key}`,
      {},
      {
        systemInstruction: { parts: [{ text: system }] },
        contents,
        temperature: 0.5,
        tools: [{ functionDeclarations: [{ name: 'lookup' }] }],
      },
    );
    const chunks = stream ? events(text) : [JSON.parse(text) as Json];
    const parts = chunks.flatMap((chunk) => list(((list(chunk['candidates'])[0]?.['content'] ?? {}) as Json)['parts']));
    contents.push({ role: 'model', parts });
    const calls = parts.flatMap((part) => (part['functionCall'] === undefined ? [] : [part['functionCall'] as Json]));
    if (calls.length === 0) return parts.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join('');
    contents.push({
      role: 'user',
      parts: calls.map((call) => ({
        functionResponse: {
          id: call['id'],
          name: 'lookup',
          response: { output: lookup(String((call['args'] as Json)['q'])) },
        },
      })),
    });
  }
}

function queryOf(text: unknown): string {
  return String((JSON.parse(String(text)) as Json)['q']);
}

const agents = new Map([
  ['chat', chat],
  ['responses', responses],
  ['messages', messages],
  ['gemini', gemini],
]);
const agent = agents.get(format);
if (!agent) throw new Error(`Formats: ${[...agents.keys()].join(', ')}.`);
try {
  console.log(await agent());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
