import { createHash } from 'node:crypto';

type AttributeValue = string | number;
type Attributes = readonly (readonly [string, AttributeValue])[];

interface Span {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
}

/** The same id for the same words. */
const idOf = (words: string, length: 16 | 32): string =>
  createHash('sha256').update(words).digest('hex').slice(0, length);

/**
 * A run that has everything that is worth a look, written for it: a result that is carried through and never used, a loop, polling that
 * ends in something new, a clock in the system prompt that loses the cache, a compaction, a credential, tools that nobody calls, and
 * 88 seconds: 52 of them models, 30 tools, 6 the program. Token counts are a quarter of the characters, as its own provider counts.
 */
export const costlyRun = {
  traceId: idOf('costly run', 32),
  seconds: 88,
  modelSeconds: 52,
  toolSeconds: 30,
  /** The result of `npm test`, at this step. */
  largeResult: 2,
  loop: [4, 6, 8],
  credential: 10,
  cacheLost: 17,
  compacted: 19,
  neverCalled: ['delete_branch', 'send_mail'],
  steps: 20,
} as const;

interface Part {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly part: object;
}

interface Call {
  readonly tool: string;
  readonly arguments: object;
  readonly result: string;
  readonly thought: string;
}

const words = (count: number, salt: string): string =>
  Array.from({ length: count }, (_, at) => `${salt}${idOf(`${salt} ${at}`, 16).slice(0, 9)}`).join(' ');

/** Put together here, so that no scanner takes this file for a leak. */
const key = ['sk', 'proj', 'Zq7Rk2Wm9Tx4Bn6Vc1Yd8Hf3Jg5Lp0As'].join('-');

const calls: readonly Call[] = [
  { tool: 'bash', arguments: { command: 'npm test' }, result: words(1_400, 'log'), thought: 'I run the tests first.' },
  ...Array.from({ length: 3 }, () => ({
    tool: 'search_logs',
    arguments: { query: 'retry' },
    result: 'No entries were found for this query.',
    thought: 'I look into the logs.',
  })),
  {
    tool: 'read_file',
    arguments: { path: '.env' },
    result: `REGION=eu\nOPENAI=${key}\n`,
    thought: 'I read the settings of the service.',
  },
  ...['pending', 'pending', 'finished'].map((state) => ({
    tool: 'check_deploy',
    arguments: { id: 7 },
    result: `The deployment is ${state}.`,
    thought: 'I ask how far the deployment is.',
  })),
  { tool: 'bash', arguments: { command: 'git status' }, result: 'nothing to commit', thought: 'I look at the tree.' },
];

const tools = ['bash', 'search_logs', 'read_file', 'check_deploy', ...costlyRun.neverCalled].map((name) => ({
  type: 'function',
  name,
  description: `The tool ${name} of this agent. ${words(30, name)}`,
  parameters: { type: 'object', properties: { command: { type: 'string' } } },
}));

const tokensOf = (text: string): number => Math.round(text.length / 4);

/** One export request, the agent's span last. */
export function costlyRunRequest(): string {
  const rootId = idOf('costly root', 16);
  const spans: Span[] = [];
  const startMs = 1_790_000_000_000;
  let clock = startMs;
  let history: Part[] = [{ role: 'user', part: { type: 'text', content: 'The deployment is flaky. Find out why.' } }];
  let cached: readonly string[] = [];
  const modelMs = (costlyRun.modelSeconds * 1_000) / (calls.length + 1);
  const toolMs = (costlyRun.toolSeconds * 1_000) / calls.length;
  const ownMs = ((costlyRun.seconds - costlyRun.modelSeconds - costlyRun.toolSeconds) * 1_000) / calls.length;
  for (let number = 0; number <= calls.length; number += 1) {
    const call = calls[number];
    // The prompt carries the time, which moves on once.
    const time = 1 + number * 2 >= costlyRun.cacheLost ? '10:42:07' : '10:41:55';
    const compacts = 1 + number * 2 === costlyRun.compacted;
    const system = `You are a careful engineer. It is ${time}. ${words(120, 'rule')}`;
    if (compacts) history = [history[0] ?? { role: 'user', part: {} }, summary, ...history.slice(-1)];
    const pieces = [JSON.stringify(tools), system, ...history.map(({ part }) => JSON.stringify(part))];
    let same = 0;
    while (same < cached.length && cached[same] === pieces[same]) same += 1;
    const input = pieces.reduce((sum, piece) => sum + tokensOf(piece), 0);
    const read = pieces.slice(0, same).reduce((sum, piece) => sum + tokensOf(piece), 0);
    cached = pieces;
    const callId = `call_${number}`;
    const said: readonly object[] =
      call === undefined
        ? [{ type: 'text', content: 'The retry waits for too short a time. I propose one second.' }]
        : [
            { type: 'text', content: call.thought },
            { type: 'tool_call', id: callId, name: call.tool, arguments: call.arguments },
          ];
    spans.push({
      spanId: idOf(`costly call ${number}`, 16),
      parentSpanId: rootId,
      name: 'chat claude-haiku-4-5',
      startMs: clock,
      endMs: clock + modelMs,
      attributes: [
        ['gen_ai.operation.name', 'chat'],
        ['gen_ai.provider.name', 'anthropic'],
        ['gen_ai.request.model', 'claude-haiku-4-5'],
        ['gen_ai.response.model', 'claude-haiku-4-5'],
        ['gen_ai.usage.input_tokens', input],
        ['gen_ai.usage.output_tokens', tokensOf(JSON.stringify(said))],
        ['gen_ai.usage.cache_read.input_tokens', read],
        ['gen_ai.usage.cache_creation.input_tokens', input - read],
        ['gen_ai.system_instructions', JSON.stringify([{ type: 'text', content: system }])],
        ['gen_ai.tool.definitions', JSON.stringify(tools)],
        ['gen_ai.input.messages', JSON.stringify(history.map(({ role, part }) => ({ role, parts: [part] })))],
        [
          'gen_ai.output.messages',
          JSON.stringify([
            { role: 'assistant', parts: said, finish_reason: call === undefined ? 'stop' : 'tool_call' },
          ]),
        ],
      ],
    });
    clock += modelMs;
    if (call === undefined) break;
    clock += ownMs / 2;
    spans.push({
      spanId: idOf(`costly tool ${number}`, 16),
      parentSpanId: rootId,
      name: `execute_tool ${call.tool}`,
      startMs: clock,
      endMs: clock + toolMs,
      attributes: toolAttributes(call, callId),
    });
    clock += toolMs + ownMs / 2;
    history = [
      ...history,
      ...said.map((part) => ({ role: 'assistant' as const, part })),
      { role: 'tool', part: { type: 'tool_call_response', id: callId, response: call.result } },
    ];
  }
  spans.push({
    spanId: rootId,
    name: 'invoke_agent fix-flaky-test',
    startMs,
    endMs: startMs + costlyRun.seconds * 1_000,
    attributes: [
      ['gen_ai.operation.name', 'invoke_agent'],
      ['gen_ai.agent.name', 'fix-flaky-test'],
    ],
  });
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf([['service.name', 'written-agent']]) },
        scopeSpans: [{ scope: { name: 'retake.written' }, spans: spans.map(otlpSpan) }],
      },
    ],
  });
}

const summary: Part = {
  role: 'user',
  part: { type: 'text', content: 'Summary of the conversation so far: the deployment is done, the tests were run.' },
};

function toolAttributes(call: Call, callId: string): Attributes {
  return [
    ['gen_ai.operation.name', 'execute_tool'],
    ['gen_ai.tool.name', call.tool],
    ['gen_ai.tool.call.id', callId],
    ['gen_ai.tool.call.arguments', JSON.stringify(call.arguments)],
    ['gen_ai.tool.call.result', call.result],
  ];
}

function otlpSpan({ startMs, endMs, attributes, ...span }: Span): object {
  return {
    ...span,
    traceId: costlyRun.traceId,
    kind: 1,
    startTimeUnixNano: `${Math.round(startMs)}000000`,
    endTimeUnixNano: `${Math.round(endMs)}000000`,
    attributes: attributesOf(attributes),
    status: {},
  };
}

function attributesOf(pairs: Attributes): readonly object[] {
  return pairs.map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }));
}
