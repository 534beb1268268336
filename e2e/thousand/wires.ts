import type { Json, Said } from '../agents/scripted-formats.ts';
import type { Wire } from './agent-plan.ts';

/** How the agents write their requests and read the answers: apart from the product's own readers and writers. */

/** A message as the agent keeps it. `name`: which one it is in its thread, known to nobody else. */
export interface Message {
  readonly name: string;
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** What the text was made of, where it is a piece of that. */
  readonly meaning?: string;
  readonly calls?: readonly AnsweredCall[];
  /** Of a result: whose it is. */
  readonly callId?: string | undefined;
  readonly tool?: string;
}

export interface AnsweredCall {
  readonly id: string | undefined;
  readonly tool: string;
  readonly argument: string;
}

export interface Answered {
  readonly text: string;
  readonly calls: readonly AnsweredCall[];
  /** OpenAI responses: what a later request continues. */
  readonly responseId: string | undefined;
}

export interface Request {
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools: readonly string[];
  readonly model: string;
  readonly stream: boolean;
  /** OpenAI responses: the answer that this one goes on from; then `messages` are the new ones only. */
  readonly previous?: string | undefined;
}

const schema = { type: 'object', properties: { q: { type: 'string' } } };
const offered = (tools: readonly Json[]): Json => (tools.length === 0 ? {} : { tools });
const describe = (name: string): string => `The tool ${name}.`;
const argumentsOf = (call: AnsweredCall): Json => ({ q: call.argument });

/** Path below the gateway and body. */
export function writeRequest(wire: Wire, request: Request): { readonly path: string; readonly body: Json } {
  const { system, messages, tools, model, stream } = request;
  switch (wire) {
    case 'chat':
      return {
        path: '/openai/v1/chat/completions',
        body: {
          model,
          ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
          temperature: 0.5,
          messages: [
            { role: 'system', content: system },
            ...messages.map((message) =>
              message.role === 'assistant'
                ? {
                    role: 'assistant',
                    content: message.text === '' ? null : message.text,
                    ...(message.calls?.length
                      ? {
                          tool_calls: message.calls.map((call) => ({
                            id: call.id,
                            type: 'function',
                            function: { name: call.tool, arguments: JSON.stringify(argumentsOf(call)) },
                          })),
                        }
                      : {}),
                  }
                : message.role === 'tool'
                  ? { role: 'tool', tool_call_id: message.callId, content: message.text }
                  : { role: 'user', content: message.text },
            ),
          ],
          ...offered(
            tools.map((name) => ({
              type: 'function',
              function: { name, description: describe(name), parameters: schema },
            })),
          ),
        },
      };
    case 'responses':
    case 'responses-state':
      return {
        path: '/openai/v1/responses',
        body: {
          model,
          ...(stream ? { stream } : {}),
          temperature: 0.5,
          instructions: system,
          ...(wire === 'responses-state' ? { store: true } : { store: false }),
          ...(request.previous === undefined ? {} : { previous_response_id: request.previous }),
          input: messages.flatMap((message): readonly Json[] =>
            message.role === 'assistant'
              ? [
                  ...(message.text === ''
                    ? []
                    : [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: message.text }] }]),
                  ...(message.calls ?? []).map((call) => ({
                    type: 'function_call',
                    call_id: call.id,
                    name: call.tool,
                    arguments: JSON.stringify(argumentsOf(call)),
                  })),
                ]
              : message.role === 'tool'
                ? [{ type: 'function_call_output', call_id: message.callId, output: message.text }]
                : [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: message.text }] }],
          ),
          ...offered(
            tools.map((name) => ({ type: 'function', name, description: describe(name), parameters: schema })),
          ),
        },
      };
    case 'messages':
      return {
        path: '/anthropic/v1/messages',
        body: {
          model,
          ...(stream ? { stream } : {}),
          temperature: 0.5,
          max_tokens: 1_000,
          system,
          messages: grouped(messages).map((group) => {
            const [first] = group;
            if (first?.role === 'tool')
              return {
                role: 'user',
                content: group.map((message) => ({
                  type: 'tool_result',
                  tool_use_id: message.callId,
                  content: message.text,
                })),
              };
            if (first?.role === 'assistant')
              return {
                role: 'assistant',
                content: [
                  ...(first.text === '' ? [] : [{ type: 'text', text: first.text }]),
                  ...(first.calls ?? []).map((call) => ({
                    type: 'tool_use',
                    id: call.id,
                    name: call.tool,
                    input: argumentsOf(call),
                  })),
                ],
              };
            return { role: 'user', content: first?.text };
          }),
          ...offered(tools.map((name) => ({ name, description: describe(name), input_schema: schema }))),
        },
      };
    case 'gemini':
    case 'gemini-ids': {
      const idOf = (id: string | undefined): Json => (wire === 'gemini-ids' && id !== undefined ? { id } : {});
      return {
        path: `/gemini/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
        body: {
          systemInstruction: { parts: [{ text: system }] },
          generationConfig: { temperature: 0.5 },
          contents: grouped(messages).map((group) => {
            const [first] = group;
            if (first?.role === 'tool')
              return {
                role: 'user',
                parts: group.map((message) => ({
                  functionResponse: {
                    ...idOf(message.callId),
                    name: message.tool,
                    response: { output: message.text },
                  },
                })),
              };
            if (first?.role === 'assistant')
              return {
                role: 'model',
                parts: [
                  ...(first.text === '' ? [] : [{ text: first.text }]),
                  ...(first.calls ?? []).map((call) => ({
                    functionCall: { ...idOf(call.id), name: call.tool, args: argumentsOf(call) },
                  })),
                ],
              };
            return { role: 'user', parts: [{ text: first?.text }] };
          }),
          ...(tools.length === 0
            ? {}
            : {
                tools: [
                  {
                    functionDeclarations: tools.map((name) => ({
                      name,
                      description: describe(name),
                      parameters: schema,
                    })),
                  },
                ],
              }),
        },
      };
    }
    default:
      return wire satisfies never;
  }
}

/** Results of one answer stand in one message; everything else by itself. */
function grouped(messages: readonly Message[]): readonly (readonly Message[])[] {
  const groups: Message[][] = [];
  for (const message of messages) {
    const last = groups.at(-1);
    if (message.role === 'tool' && last?.[0]?.role === 'tool') last.push(message);
    else groups.push([message]);
  }
  return groups;
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : list(value)
        .map((part) => (typeof part['text'] === 'string' ? part['text'] : ''))
        .join('');
const argumentOf = (value: unknown): string => {
  const parsed: unknown = typeof value === 'string' ? (value === '' ? {} : JSON.parse(value)) : value;
  const { q } = record(parsed);
  return typeof q === 'string' ? q : JSON.stringify(q ?? '');
};
const optional = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What the agent reads of an answer. Throws where an SDK would. */
export function readAnswer(wire: Wire, contentType: string, text: string): Answered {
  const events = contentType.includes('event-stream')
    ? text
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trim())
        .filter((line) => line !== '[DONE]')
        .map((line) => JSON.parse(line) as Json)
    : undefined;
  switch (wire) {
    case 'chat': {
      if (!events) {
        const message = record(record(list((JSON.parse(text) as Json)['choices'])[0])['message']);
        return {
          text: textOf(message['content']),
          calls: list(message['tool_calls']).map((call) => ({
            id: optional(call['id']),
            tool: String(record(call['function'])['name']),
            argument: argumentOf(record(call['function'])['arguments']),
          })),
          responseId: undefined,
        };
      }
      let said = '';
      const calls: { id: string | undefined; tool: string; json: string }[] = [];
      for (const event of events) {
        const delta = record(record(list(event['choices'])[0])['delta']);
        said += textOf(delta['content']);
        for (const piece of list(delta['tool_calls'])) {
          const at = Number(piece['index']);
          const call = (calls[at] ??= { id: undefined, tool: '', json: '' });
          call.id ??= optional(piece['id']);
          call.tool += optional(record(piece['function'])['name']) ?? '';
          call.json += optional(record(piece['function'])['arguments']) ?? '';
        }
      }
      return {
        text: said,
        calls: calls.map(({ id, tool, json }) => ({ id, tool, argument: argumentOf(json) })),
        responseId: undefined,
      };
    }
    case 'responses':
    case 'responses-state': {
      const whole = events
        ? record(events.find((event) => event['type'] === 'response.completed')?.['response'])
        : (JSON.parse(text) as Json);
      const output = list(whole['output']);
      if (!Array.isArray(whole['output'])) throw new Error('The answer is not complete.');
      return {
        text: output
          .filter((item) => item['type'] === 'message')
          .map((item) => textOf(item['content']))
          .join(''),
        calls: output
          .filter((item) => item['type'] === 'function_call')
          .map((item) => ({
            id: optional(item['call_id']),
            tool: String(item['name']),
            argument: argumentOf(item['arguments']),
          })),
        responseId: optional(whole['id']),
      };
    }
    case 'messages': {
      const blocks: { type: unknown; text: string; id: string | undefined; tool: string; json: string }[] = [];
      if (events)
        for (const event of events) {
          const at = Number(event['index']);
          if (event['type'] === 'content_block_start') {
            const block = record(event['content_block']);
            blocks[at] = {
              type: block['type'],
              text: textOf(block['text']),
              id: optional(block['id']),
              tool: String(block['name']),
              json: '',
            };
          } else if (event['type'] === 'content_block_delta') {
            const delta = record(event['delta']);
            const block = blocks[at];
            if (block) {
              block.text += textOf(delta['text']);
              block.json += optional(delta['partial_json']) ?? '';
            }
          }
        }
      else
        for (const block of list((JSON.parse(text) as Json)['content']))
          blocks.push({
            type: block['type'],
            text: textOf(block['text']),
            id: optional(block['id']),
            tool: String(block['name']),
            json: JSON.stringify(block['input'] ?? {}),
          });
      return {
        text: blocks.map((block) => (block.type === 'text' ? block.text : '')).join(''),
        calls: blocks
          .filter(({ type }) => type === 'tool_use')
          .map(({ id, tool, json }) => ({ id, tool, argument: argumentOf(json) })),
        responseId: undefined,
      };
    }
    case 'gemini':
    case 'gemini-ids': {
      const parts = (events ?? [JSON.parse(text) as Json]).flatMap((chunk) =>
        list(record(record(list(chunk['candidates'])[0])['content'])['parts']),
      );
      return {
        text: parts.map((part) => textOf(part['text'])).join(''),
        calls: parts
          .filter((part) => part['functionCall'] !== undefined)
          .map((part) => {
            const call = record(part['functionCall']);
            return { id: optional(call['id']), tool: String(call['name']), argument: argumentOf(call['args']) };
          }),
        responseId: undefined,
      };
    }
    default:
      return wire satisfies never;
  }
}

/** A message as it came to the model. */
export interface SeenMessage {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text: string;
  readonly calls: readonly string[];
  readonly callId: string | undefined;
}

export interface SeenRequest {
  readonly system: string;
  readonly messages: readonly SeenMessage[];
  readonly tools: readonly string[];
  readonly model: string;
  readonly temperature: unknown;
  readonly previous: string | undefined;
}

/** What a request says, whoever wrote it. Messages of one answer are one message, as in all formats. */
export function readRequest(wire: Wire, path: string, body: Json): SeenRequest {
  const seen: { role: SeenMessage['role']; text: string; calls: string[]; callId: string | undefined }[] = [];
  const add = (role: SeenMessage['role'], text: string, calls: string[] = [], callId?: string): void =>
    void seen.push({ role, text, calls, callId });
  const callText = (name: unknown, value: unknown): string => `${String(name)}(${argumentOf(value)})`;
  switch (wire) {
    case 'chat': {
      const system: string[] = [];
      for (const message of list(body['messages'])) {
        if (message['role'] === 'system' || message['role'] === 'developer') system.push(textOf(message['content']));
        else if (message['role'] === 'tool')
          add('tool', textOf(message['content']), [], optional(message['tool_call_id']));
        else
          add(
            message['role'] === 'assistant' ? 'assistant' : 'user',
            textOf(message['content']),
            list(message['tool_calls']).map((call) =>
              callText(record(call['function'])['name'], record(call['function'])['arguments']),
            ),
          );
      }
      return {
        system: system.join('\n'),
        messages: seen,
        tools: list(body['tools']).map((tool) => String(record(tool['function'])['name'])),
        model: String(body['model']),
        temperature: body['temperature'],
        previous: undefined,
      };
    }
    case 'responses':
    case 'responses-state': {
      const system: string[] = [textOf(body['instructions'])];
      const items: readonly Json[] =
        typeof body['input'] === 'string' ? [{ role: 'user', content: body['input'] }] : list(body['input']);
      for (const item of items) {
        const type = item['type'] ?? 'message';
        const last = seen.at(-1);
        if (type === 'function_call') {
          const call = callText(item['name'], item['arguments']);
          if (last?.role === 'assistant') last.calls.push(call);
          else add('assistant', '', [call]);
        } else if (type === 'function_call_output') add('tool', textOf(item['output']), [], optional(item['call_id']));
        else if (item['role'] === 'system' || item['role'] === 'developer') system.push(textOf(item['content']));
        else add(item['role'] === 'assistant' ? 'assistant' : 'user', textOf(item['content']));
      }
      return {
        system: system.filter((text) => text !== '').join('\n'),
        messages: seen,
        tools: list(body['tools']).map((tool) => String(tool['name'])),
        model: String(body['model']),
        temperature: body['temperature'],
        previous: optional(body['previous_response_id']),
      };
    }
    case 'messages': {
      for (const message of list(body['messages'])) {
        const role = message['role'] === 'assistant' ? 'assistant' : 'user';
        if (typeof message['content'] === 'string') {
          add(role, message['content']);
          continue;
        }
        const blocks = list(message['content']);
        for (const block of blocks)
          if (block['type'] === 'tool_result')
            add('tool', textOf(block['content']), [], optional(block['tool_use_id']));
        const calls = blocks
          .filter((block) => block['type'] === 'tool_use')
          .map((block) => callText(block['name'], block['input']));
        const texts = blocks.filter((block) => block['type'] === 'text').map((block) => textOf(block['text']));
        if (calls.length > 0 || texts.length > 0) add(role, texts.join(''), calls);
      }
      return {
        system: textOf(body['system']),
        messages: seen,
        tools: list(body['tools']).map((tool) => String(tool['name'])),
        model: String(body['model']),
        temperature: body['temperature'],
        previous: undefined,
      };
    }
    case 'gemini':
    case 'gemini-ids': {
      for (const content of list(body['contents'])) {
        const parts = list(content['parts']);
        for (const part of parts)
          if (part['functionResponse'] !== undefined) {
            const { response, id } = record(part['functionResponse']);
            const output = record(response);
            add(
              'tool',
              typeof output['output'] === 'string' ? output['output'] : JSON.stringify(output),
              [],
              optional(id),
            );
          }
        const calls = parts
          .filter((part) => part['functionCall'] !== undefined)
          .map((part) => callText(record(part['functionCall'])['name'], record(part['functionCall'])['args']));
        const texts = parts.filter((part) => typeof part['text'] === 'string').map((part) => textOf(part['text']));
        if (calls.length > 0 || texts.length > 0)
          add(content['role'] === 'model' ? 'assistant' : 'user', texts.join(''), calls);
      }
      return {
        system: textOf(record(body['systemInstruction'] ?? body['system_instruction'])['parts']),
        messages: seen,
        tools: list(body['tools']).flatMap((tool) =>
          list(tool['functionDeclarations']).map((declared) => String(declared['name'])),
        ),
        model: /\/models\/([^:]+):/.exec(path)?.[1] ?? '',
        temperature: record(body['generationConfig'])['temperature'] ?? body['temperature'],
        previous: undefined,
      };
    }
    default:
      return wire satisfies never;
  }
}

/** A said thing as the scripted formats write it. */
export const saidOf = (answer: Answered): Said => ({
  text: answer.text === '' ? undefined : answer.text,
  calls: answer.calls.map((call) => ({ id: call.id ?? '', name: call.tool, arguments: { q: call.argument } })),
});
