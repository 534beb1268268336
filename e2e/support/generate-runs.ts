import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Realistic agent runs as OTLP JSON: every llm step re-sends its whole conversation, tool results are 2-8 KB of
 * this project's own source text, so that entropy and repetition are those of a coding agent. Deterministic by seed.
 */
export interface RunShape {
  readonly seed: number;
  readonly steps: number;
  /** The conversation is cut to its first message and the newest ones when it passes this size, as agents compact it. */
  readonly contextLimitBytes: number;
  readonly resultBytes: readonly [number, number];
  readonly startMs: number;
  /** Another run that went on differently from this step on: what came before is the same, under ids of its own. */
  readonly fork?: { readonly step: number; readonly seed: number };
  /** Every step gives the same as the first one: an agent that is stuck. */
  readonly stuck?: boolean;
}

export const wholeConversation = (seed: number, steps: number, startMs = 1_790_000_000_000): RunShape => ({
  seed,
  steps,
  contextLimitBytes: 2 * 1024 * 1024,
  resultBytes: [2_000, 8_000],
  startMs,
});

let pool: string | undefined;

function sourceText(): string {
  if (pool !== undefined) return pool;
  const root = new URL('../..', import.meta.url).pathname;
  const texts: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) =>
      a.name.localeCompare(b.name),
    )) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.(ts|tsx|css|md)$/.test(entry.name)) texts.push(readFileSync(join(root, path), 'utf8'));
    }
  };
  for (const folder of ['shared', 'electron', 'renderer']) walk(folder);
  pool = texts.join('\n');
  return pool;
}

/** mulberry32: small, fast and the same on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const hexId = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

const tools = ['bash', 'read_file', 'edit_file', 'search'] as const;
const toolDefinitions = JSON.stringify(
  tools.map((name) => ({
    type: 'function',
    name,
    description: `The ${name} tool of the generated agent.`,
    parameters: {
      type: 'object',
      properties: { path: { type: 'string' }, text: { type: 'string' } },
      required: ['path'],
    },
  })),
);

type AttributeInput = string | number | readonly string[];

function attribute(key: string, value: AttributeInput): object {
  if (typeof value === 'number') return { key, value: { intValue: String(value) } };
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  return { key, value: { arrayValue: { values: value.map((text) => ({ stringValue: text })) } } };
}

interface SpanInput {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, AttributeInput>>;
}

function span(input: SpanInput): object {
  return {
    traceId: input.traceId,
    spanId: input.spanId,
    ...(input.parentSpanId ? { parentSpanId: input.parentSpanId } : {}),
    name: input.name,
    kind: 1,
    startTimeUnixNano: `${input.startMs}000000`,
    endTimeUnixNano: `${input.endMs}000000`,
    attributes: Object.entries(input.attributes).map(([key, value]) => attribute(key, value)),
    status: {},
  };
}

function exportRequest(spans: readonly object[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [attribute('service.name', 'generated-agent')] },
        scopeSpans: [{ scope: { name: 'retake.bench' }, spans }],
      },
    ],
  });
}

/** OTLP JSON lines, one request a line, children before their root as batch exporters send them. */
export function* generateRun(shape: RunShape): Generator<string> {
  let random = randomNumbers(shape.seed);
  const text = sourceText();
  const own = shape.fork?.seed ?? shape.seed;
  const cut = (length: number): string => {
    const at = Math.floor(random() * Math.max(1, text.length - length));
    return text.slice(at, at + length);
  };
  const traceId = hexId(`trace ${own}`, 32);
  const rootId = hexId(`root ${own}`, 16);
  const system = JSON.stringify([{ type: 'text', content: `You are a careful engineer. ${cut(1_500)}` }]);
  const first = { role: 'user', parts: [{ type: 'text', content: `Fix the failing test. ${cut(400)}` }] };
  let conversation: object[] = [first];
  let conversationBytes = 0;
  let clock = shape.startMs;
  let batch: object[] = [];
  for (let step = 0; step < shape.steps; step++) {
    if (step === shape.fork?.step) random = randomNumbers(own);
    if (shape.stuck === true) random = randomNumbers(shape.seed);
    const tool = tools[Math.floor(random() * tools.length)] ?? 'bash';
    const callId = `call_${shape.seed}_${shape.stuck === true ? 0 : step}`;
    const toolArguments = {
      path: `src/file-${Math.floor(random() * 40)}.ts`,
      text: cut(60 + Math.floor(random() * 200)),
    };
    const last = step === shape.steps - 1;
    const answer = last
      ? { role: 'assistant', parts: [{ type: 'text', content: cut(600) }], finish_reason: 'stop' }
      : {
          role: 'assistant',
          parts: [
            { type: 'text', content: cut(80 + Math.floor(random() * 200)) },
            { type: 'tool_call', id: callId, name: tool, arguments: toolArguments },
          ],
          finish_reason: 'tool_call',
        };
    const input = JSON.stringify(conversation);
    const inputTokens = Math.round(input.length / 4) + 400;
    const started = clock;
    clock += 800 + Math.floor(random() * 4_000);
    batch.push(
      span({
        traceId,
        spanId: hexId(`chat ${own} ${step}`, 16),
        parentSpanId: rootId,
        name: 'chat gpt-5.1',
        startMs: started,
        endMs: clock,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': 'gpt-5.1',
          'gen_ai.response.model': 'gpt-5.1',
          'gen_ai.response.id': `resp_${shape.seed}_${step}`,
          'gen_ai.response.finish_reasons': [last ? 'stop' : 'tool_call'],
          'gen_ai.usage.input_tokens': inputTokens,
          'gen_ai.usage.output_tokens': 80 + Math.floor(random() * 400),
          'gen_ai.usage.cache_read.input_tokens': Math.floor(inputTokens * 0.9),
          'gen_ai.system_instructions': system,
          'gen_ai.tool.definitions': toolDefinitions,
          'gen_ai.input.messages': input,
          'gen_ai.output.messages': JSON.stringify([answer]),
        },
      }),
    );
    if (!last) {
      const result = cut(shape.resultBytes[0] + Math.floor(random() * (shape.resultBytes[1] - shape.resultBytes[0])));
      const toolStarted = clock;
      clock += 20 + Math.floor(random() * 3_000);
      batch.push(
        span({
          traceId,
          spanId: hexId(`tool ${own} ${step}`, 16),
          parentSpanId: rootId,
          name: `execute_tool ${tool}`,
          startMs: toolStarted,
          endMs: clock,
          attributes: {
            'gen_ai.operation.name': 'execute_tool',
            'gen_ai.tool.name': tool,
            'gen_ai.tool.call.id': callId,
            'gen_ai.tool.call.arguments': JSON.stringify(toolArguments),
            'gen_ai.tool.call.result': result,
          },
        }),
      );
      const reply = { role: 'tool', parts: [{ type: 'tool_call_response', id: callId, response: result }] };
      conversation.push({ role: answer.role, parts: answer.parts }, reply);
      conversationBytes += result.length + 400;
      if (conversationBytes > shape.contextLimitBytes) {
        conversation = [
          first,
          { role: 'user', parts: [{ type: 'text', content: `Summary so far. ${cut(800)}` }] },
          reply,
        ];
        conversationBytes = result.length + 1_600;
      }
    }
    if (batch.length >= 20) {
      yield exportRequest(batch);
      batch = [];
    }
  }
  batch.push(
    span({
      traceId,
      spanId: rootId,
      name: 'invoke_agent fixer',
      startMs: shape.startMs,
      endMs: clock,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'fixer',
        'gen_ai.conversation.id': `conversation-${shape.seed}`,
      },
    }),
  );
  yield exportRequest(batch);
}

/** Many two-span runs for lists: one llm call under its agent, text short. */
export function* generateSmallRuns(count: number, startMs = 1_780_000_000_000): Generator<string> {
  const models = ['gpt-5.1', 'gpt-5.1-mini', 'claude-opus-4-5', 'claude-haiku-4-5', 'gemini-3-flash'];
  let batch: object[] = [];
  for (let number = 0; number < count; number++) {
    const traceId = hexId(`small ${number}`, 32);
    const rootId = hexId(`small root ${number}`, 16);
    const started = startMs + number * 60_000;
    const model = models[number % models.length] ?? 'gpt-5.1';
    batch.push(
      span({
        traceId,
        spanId: hexId(`small chat ${number}`, 16),
        parentSpanId: rootId,
        name: `chat ${model}`,
        startMs: started + 5,
        endMs: started + 900 + (number % 700),
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': model,
          'gen_ai.usage.input_tokens': 500 + (number % 900),
          'gen_ai.usage.output_tokens': 40 + (number % 90),
          'gen_ai.input.messages': JSON.stringify([
            { role: 'user', parts: [{ type: 'text', content: `Question ${number} of the list` }] },
          ]),
          'gen_ai.output.messages': JSON.stringify([
            { role: 'assistant', parts: [{ type: 'text', content: `Answer ${number}` }] },
          ]),
        },
      }),
      span({
        traceId,
        spanId: rootId,
        name: `invoke_agent agent-${number % 12}`,
        startMs: started,
        endMs: started + 1_000 + (number % 700),
        attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': `agent-${number % 12}` },
      }),
    );
    if (batch.length >= 500) {
      yield exportRequest(batch);
      batch = [];
    }
  }
  if (batch.length > 0) yield exportRequest(batch);
}
