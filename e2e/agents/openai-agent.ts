import OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { ResponseInput } from 'openai/resources/responses/responses';
import {
  history,
  key,
  lookup,
  main,
  model,
  stream,
  system,
  task,
  toolDescription,
  toolSchema,
  variant,
} from './agent-tools.ts';

/** The official OpenAI SDK in a tool loop of one's own: `node e2e/agents/openai-agent.ts chat|responses [--stream]`. */
const client = new OpenAI({ apiKey: key });

const queryOf = (text: string): string => (JSON.parse(text) as { q: string }).q;

async function chat(): Promise<string> {
  const messages: ChatCompletionMessageParam[] = [
    { role: 'system', content: system },
    ...history.map(({ role, text }) => ({ role, content: text })),
    { role: 'user', content: task },
  ];
  const request = {
    model,
    messages,
    temperature: 0.5,
    tools: [
      { type: 'function' as const, function: { name: 'lookup', description: toolDescription, parameters: toolSchema } },
    ],
  };
  for (;;) {
    const completion = stream
      ? await client.chat.completions.stream(request).finalChatCompletion()
      : await client.chat.completions.create(request);
    const message = completion.choices[0]?.message;
    if (!message) throw new Error('The answer holds no message.');
    messages.push({
      role: 'assistant',
      content: message.content,
      ...(message.tool_calls ? { tool_calls: message.tool_calls } : {}),
    });
    if (!message.tool_calls?.length) return message.content ?? '';
    for (const call of message.tool_calls)
      if (call.type === 'function')
        messages.push({ role: 'tool', tool_call_id: call.id, content: lookup(queryOf(call.function.arguments)) });
  }
}

async function responses(): Promise<string> {
  const input: ResponseInput = [
    ...history.map(({ role, text }) => ({ role, content: text })),
    { role: 'user', content: task },
  ];
  const request = {
    model,
    instructions: system,
    input,
    temperature: 0.5,
    tools: [
      { type: 'function' as const, name: 'lookup', description: toolDescription, parameters: toolSchema, strict: true },
    ],
  };
  for (;;) {
    const answer = stream
      ? await client.responses.stream(request).finalResponse()
      : await client.responses.create(request);
    input.push(...answer.output.map((item) => item as ResponseInput[number]));
    const calls = answer.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
    if (calls.length === 0)
      return answer.output
        .flatMap((item) => (item.type === 'message' ? item.content : []))
        .map((part) => (part.type === 'output_text' ? part.text : ''))
        .join('');
    for (const call of calls)
      input.push({ type: 'function_call_output', call_id: call.call_id, output: lookup(queryOf(call.arguments)) });
  }
}

await main(variant === 'responses' ? responses : chat);
