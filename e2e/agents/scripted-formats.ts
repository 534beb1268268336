/** The four wire formats as the scripted model speaks them. Written apart from the product's own readers and writers, so that these are not tested by themselves. */
export interface Seen {
  readonly model: string;
  readonly system: string;
  /** All that the user said. */
  readonly user: string;
  /** The last thing that the user said. */
  readonly task: string;
  readonly results: readonly string[];
  readonly tools: readonly string[];
}

export interface SaidCall {
  /** Gemini: empty where the call has none. */
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** OpenAI responses: a free-form call, whose input is this text. */
  readonly input?: string;
}

export interface Said {
  readonly text: string | undefined;
  readonly calls: readonly SaidCall[];
  /** What the model thought before it spoke; the chat format has no place for it. */
  readonly reasoning?: string | undefined;
  /** Absent: always the same small count. unsaid: a stream that was not asked for it. */
  readonly usage?: SaidUsage | 'unsaid' | undefined;
}

/** Input includes what was cached and written, output includes reasoning: each format writes it on its own basis. */
export interface SaidUsage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

export type Json = Readonly<Record<string, unknown>>;

export interface Format {
  readonly pattern: RegExp;
  read(body: Json, path: string): Seen;
  json(said: Said, seen: Seen, index: number): unknown;
  stream(said: Said, seen: Seen, index: number): readonly string[];
}

const usage = { input: 120, output: 30 };
const chatUsage = (said: Said): Json | undefined => {
  if (said.usage === 'unsaid') return undefined;
  const { input, output } = said.usage ?? usage;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(said.usage && {
      prompt_tokens_details: { cached_tokens: said.usage.cacheRead, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: said.usage.reasoning, audio_tokens: 0 },
    }),
  };
};
const countsOf = ({ usage: said }: Said): SaidUsage =>
  said === undefined || said === 'unsaid' ? { ...usage, cacheRead: 0, cacheWrite: 0, reasoning: 0 } : said;
const messagesUsage = (said: Said): Json => {
  const { input, output, cacheRead, cacheWrite } = countsOf(said);
  return {
    input_tokens: input - cacheRead - cacheWrite,
    output_tokens: output,
    ...(said.usage && { cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite }),
  };
};

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : list(value)
        .map((part) => (typeof part['text'] === 'string' ? part['text'] : ''))
        .join('');
const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: Json): string => `event: ${String(value['type'])}\n${data(value)}`;
const halves = (text: string): readonly string[] => [text.slice(0, text.length / 2), text.slice(text.length / 2)];
const nameOf = (tool: Json): string =>
  String(tool['name'] ?? (tool['function'] as Json | undefined)?.['name'] ?? tool['type']);
const asked = (texts: readonly string[]): { readonly user: string; readonly task: string } => {
  const said = texts.filter((text) => text !== '');
  return { user: said.join(' '), task: said.at(-1) ?? '' };
};

const chat: Format = {
  pattern: /\/chat\/completions$/,
  read(body) {
    const messages = list(body['messages']);
    const of = (...roles: readonly string[]): readonly string[] =>
      messages
        .filter((message) => roles.includes(String(message['role'])))
        .map((message) => textOf(message['content']));
    return {
      model: String(body['model']),
      system: of('system', 'developer').join(' '),
      ...asked(of('user')),
      results: of('tool'),
      tools: list(body['tools']).map(nameOf),
    };
  },
  json: (said, { model }, index) => ({
    id: `chatcmpl-${index}`,
    object: 'chat.completion',
    service_tier: 'default',
    created: 1_790_000_000,
    model,
    choices: [
      {
        index: 0,
        logprobs: null,
        finish_reason: said.calls.length > 0 ? 'tool_calls' : 'stop',
        message: {
          role: 'assistant',
          refusal: null,
          content: said.text ?? null,
          ...(said.calls.length > 0
            ? {
                tool_calls: said.calls.map((call) => ({
                  id: call.id,
                  type: 'function',
                  function: { name: call.name, arguments: JSON.stringify(call.arguments) },
                })),
              }
            : {}),
        },
      },
    ],
    usage: chatUsage(said),
  }),
  stream(said, { model }, index) {
    const { text, calls } = said;
    const counts = chatUsage(said);
    const head = { id: `chatcmpl-${index}`, object: 'chat.completion.chunk', created: 1_790_000_000, model };
    const chunk = (delta: unknown, finish_reason: string | null = null): string =>
      data({ ...head, choices: [{ index: 0, delta, finish_reason }] });
    const parts = [
      ...(text === undefined ? [] : halves(text).map((content) => chunk({ content }))),
      ...calls.flatMap((call, at) => [
        chunk({
          tool_calls: [{ index: at, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
        }),
        ...halves(JSON.stringify(call.arguments)).map((piece) =>
          chunk({ tool_calls: [{ index: at, function: { arguments: piece } }] }),
        ),
      ]),
    ];
    return [
      chunk({ role: 'assistant', content: '' }),
      ...parts,
      chunk({}, calls.length > 0 ? 'tool_calls' : 'stop'),
      ...(counts === undefined ? [] : [data({ ...head, choices: [], usage: counts })]),
      'data: [DONE]\n\n',
    ];
  },
};

const responses: Format = {
  pattern: /\/responses$/,
  read(body) {
    const items: readonly Json[] =
      typeof body['input'] === 'string' ? [{ role: 'user', content: body['input'] }] : list(body['input']);
    const of = (...roles: readonly string[]): readonly string[] =>
      items.filter((item) => roles.includes(String(item['role']))).map((item) => textOf(item['content']));
    return {
      model: String(body['model']),
      system: [textOf(body['instructions']), ...of('system', 'developer')].filter((text) => text !== '').join(' '),
      ...asked(of('user')),
      results: items
        .filter((item) => item['type'] === 'function_call_output' || item['type'] === 'custom_tool_call_output')
        .map((item) => textOf(item['output'])),
      tools: list(body['tools']).map(nameOf),
    };
  },
  json(said, { model }, index) {
    const { input, output, cacheRead, reasoning } = countsOf(said);
    return {
      id: `resp_${index}`,
      object: 'response',
      created_at: 1_790_000_000,
      status: 'completed',
      error: null,
      incomplete_details: null,
      model,
      output: outputItems(said, index),
      parallel_tool_calls: true,
      tools: [],
      usage: {
        input_tokens: input,
        input_tokens_details: { cached_tokens: cacheRead },
        output_tokens: output,
        output_tokens_details: { reasoning_tokens: reasoning },
        total_tokens: input + output,
      },
    };
  },
  stream(said, seen, index) {
    const final = responses.json(said, seen, index) as Json;
    const middle = outputItems(said, index).flatMap((item, output_index): readonly Json[] => {
      const at = { item_id: item['id'], output_index };
      const added = (empty: Json): Json => ({
        type: 'response.output_item.added',
        output_index,
        item: { ...item, status: 'in_progress', ...empty },
      });
      const done = { type: 'response.output_item.done', output_index, item };
      switch (item['type']) {
        case 'function_call':
          return [
            added({ arguments: '' }),
            ...halves(String(item['arguments'])).map((delta) => ({
              type: 'response.function_call_arguments.delta',
              ...at,
              delta,
            })),
            { type: 'response.function_call_arguments.done', ...at, arguments: item['arguments'] },
            done,
          ];
        case 'custom_tool_call':
          return [
            added({ input: '' }),
            { type: 'response.custom_tool_call_input.done', ...at, input: item['input'] },
            done,
          ];
        case 'reasoning': {
          const part = { type: 'summary_text', text: said.reasoning };
          return [
            added({ summary: [] }),
            { type: 'response.reasoning_summary_part.added', ...at, summary_index: 0, part: { ...part, text: '' } },
            { type: 'response.reasoning_summary_text.delta', ...at, summary_index: 0, delta: said.reasoning },
            { type: 'response.reasoning_summary_text.done', ...at, summary_index: 0, text: said.reasoning },
            { type: 'response.reasoning_summary_part.done', ...at, summary_index: 0, part },
            done,
          ];
        }
        default:
          return [
            added({ content: [] }),
            {
              type: 'response.content_part.added',
              ...at,
              content_index: 0,
              part: { type: 'output_text', text: '', annotations: [] },
            },
            ...halves(said.text ?? '').map((delta) => ({
              type: 'response.output_text.delta',
              ...at,
              content_index: 0,
              delta,
            })),
            { type: 'response.output_text.done', ...at, content_index: 0, text: said.text },
            {
              type: 'response.content_part.done',
              ...at,
              content_index: 0,
              part: { type: 'output_text', text: said.text, annotations: [] },
            },
            done,
          ];
      }
    });
    return [
      { type: 'response.created', response: { ...final, status: 'in_progress', output: [], usage: null } },
      ...middle,
      { type: 'response.completed', response: final },
    ].map((event, sequence_number) => named({ ...event, sequence_number }));
  },
};

function outputItems({ text, calls, reasoning }: Said, index: number): readonly Json[] {
  return [
    ...(reasoning === undefined
      ? []
      : [{ id: `rs_${index}`, type: 'reasoning', summary: [{ type: 'summary_text', text: reasoning }] }]),
    ...(text === undefined
      ? []
      : [
          {
            id: `msg_${index}`,
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text, annotations: [] }],
          },
        ]),
    ...calls.map((call, at): Json =>
      call.input === undefined
        ? {
            id: `fc_${index}_${at}`,
            type: 'function_call',
            call_id: call.id,
            name: call.name,
            arguments: JSON.stringify(call.arguments),
            status: 'completed',
          }
        : {
            id: `ctc_${index}_${at}`,
            type: 'custom_tool_call',
            call_id: call.id,
            name: call.name,
            input: call.input,
            status: 'completed',
          },
    ),
  ];
}

const messages: Format = {
  pattern: /\/messages$/,
  read(body) {
    const all = list(body['messages']);
    const blocks = all.flatMap((message) => (typeof message['content'] === 'string' ? [] : list(message['content'])));
    return {
      model: String(body['model']),
      system: textOf(body['system']),
      ...asked(all.filter((message) => message['role'] === 'user').map((message) => textOf(message['content']))),
      results: blocks.filter((block) => block['type'] === 'tool_result').map((block) => textOf(block['content'])),
      tools: list(body['tools']).map(nameOf),
    };
  },
  json: (said, { model }, index) => ({
    id: `msg_${index}`,
    type: 'message',
    role: 'assistant',
    model,
    stop_sequence: null,
    stop_reason: said.calls.length > 0 ? 'tool_use' : 'end_turn',
    content: [
      ...(said.reasoning === undefined
        ? []
        : [{ type: 'thinking', thinking: said.reasoning, signature: `signature-${index}` }]),
      ...(said.text === undefined ? [] : [{ type: 'text', text: said.text }]),
      ...said.calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.arguments })),
    ],
    usage: messagesUsage(said),
  }),
  stream(said, { model }, index) {
    const { text, calls, reasoning } = said;
    const counts = messagesUsage(said);
    const blocks: readonly { readonly start: Json; readonly deltas: readonly Json[] }[] = [
      ...(reasoning === undefined
        ? []
        : [
            {
              start: { type: 'thinking', thinking: '', signature: '' },
              deltas: [
                { type: 'thinking_delta', thinking: reasoning },
                { type: 'signature_delta', signature: `signature-${index}` },
              ],
            },
          ]),
      ...(text === undefined
        ? []
        : [
            {
              start: { type: 'text', text: '' },
              deltas: halves(text).map((piece) => ({ type: 'text_delta', text: piece })),
            },
          ]),
      ...calls.map((call) => ({
        start: { type: 'tool_use', id: call.id, name: call.name, input: {} },
        deltas: halves(JSON.stringify(call.arguments)).map((partial_json) => ({
          type: 'input_json_delta',
          partial_json,
        })),
      })),
    ];
    return [
      {
        type: 'message_start',
        message: {
          id: `msg_${index}`,
          type: 'message',
          role: 'assistant',
          model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...counts, output_tokens: 1 },
        },
      },
      ...blocks.flatMap(({ start, deltas }, at) => [
        { type: 'content_block_start', index: at, content_block: start },
        ...deltas.map((delta) => ({ type: 'content_block_delta', index: at, delta })),
        { type: 'content_block_stop', index: at },
      ]),
      {
        type: 'message_delta',
        delta: { stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn', stop_sequence: null },
        usage: { output_tokens: counts['output_tokens'] },
      },
      { type: 'message_stop' },
    ].map(named);
  },
};

const geminiUsage = (said: Said): Json => {
  const { input, output, cacheRead, reasoning } = countsOf(said);
  return {
    promptTokenCount: input,
    candidatesTokenCount: output - reasoning,
    totalTokenCount: input + output,
    ...(said.usage && { cachedContentTokenCount: cacheRead, thoughtsTokenCount: reasoning }),
  };
};

const gemini: Format = {
  pattern: /:(?:generateContent|streamGenerateContent)$/,
  read(body, path) {
    const contents = list(body['contents']);
    const parts = contents.flatMap((content) => list(content['parts']));
    // Its JSON is read in both spellings (protobuf's rule); LiteLLM writes the second.
    const system = (body['systemInstruction'] ?? body['system_instruction']) as Json | undefined;
    const resultOf = (response: Json): string =>
      typeof response['output'] === 'string'
        ? response['output']
        : typeof response['content'] === 'string'
          ? response['content']
          : JSON.stringify(response);
    return {
      model: /\/models\/([^:]+):/.exec(path)?.[1] ?? '',
      system: textOf(system?.['parts']),
      ...asked(contents.filter((content) => content['role'] === 'user').map((content) => textOf(content['parts']))),
      results: parts.flatMap((part) => {
        const result = (part['functionResponse'] ?? part['function_response']) as Json | undefined;
        return result === undefined ? [] : [resultOf(result['response'] as Json)];
      }),
      tools: list(body['tools'])
        .flatMap((tool) => list(tool['functionDeclarations'] ?? tool['function_declarations']))
        .map(nameOf),
    };
  },
  json: (said, { model }, index) => ({
    candidates: [
      {
        index: 0,
        finishReason: 'STOP',
        content: {
          role: 'model',
          parts: [
            ...(said.reasoning === undefined ? [] : [{ text: said.reasoning, thought: true }]),
            ...(said.text === undefined ? [] : [{ text: said.text }]),
            ...said.calls.map(({ id, name, arguments: args }) => ({
              functionCall: { ...(id === '' ? {} : { id }), name, args },
            })),
          ],
        },
      },
    ],
    usageMetadata: geminiUsage(said),
    modelVersion: model,
    responseId: `gem_${index}`,
  }),
  stream: (said, seen, index) => [data(gemini.json(said, seen, index))],
};

export const formats: readonly Format[] = [chat, responses, messages, gemini];
