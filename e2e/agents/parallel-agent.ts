import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { key, lookup, main, model, stream, task, toolDescription, toolSchema } from './agent-tools.ts';

/**
 * Three sub-agents at once under one that sums up, in an order that no two runs share; every prompt carries an id and the time, and
 * every tool result too. What breaks each policy that goes by position or by equal text: `node e2e/agents/parallel-agent.ts [--stream]`.
 */
const client = new OpenAI({ apiKey: key });
const tools = [
  { type: 'function' as const, function: { name: 'lookup', description: toolDescription, parameters: toolSchema } },
];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function ask(messages: readonly ChatCompletionMessageParam[], withTools: boolean) {
  const request = { model, messages: [...messages], ...(withTools ? { tools } : {}) };
  const completion = stream
    ? await client.chat.completions.stream(request).finalChatCompletion()
    : await client.chat.completions.create(request);
  const message = completion.choices[0]?.message;
  if (!message) throw new Error('The answer holds no message.');
  return message;
}

async function worker(subject: string): Promise<string> {
  await pause(Math.random() * 20);
  const messages: ChatCompletionMessageParam[] = [
    { role: 'system', content: `Session ${randomUUID()}, started ${new Date().toISOString()}. You look up one thing.` },
    { role: 'user', content: `${task} in ${subject}` },
  ];
  for (;;) {
    const message = await ask(messages, true);
    messages.push({
      role: 'assistant',
      content: message.content,
      ...(message.tool_calls ? { tool_calls: message.tool_calls } : {}),
    });
    if (!message.tool_calls?.length) return message.content ?? '';
    await pause(Math.random() * 20);
    for (const call of message.tool_calls)
      if (call.type === 'function')
        messages.push({
          role: 'tool',
          tool_call_id: call.id,
          content: lookup((JSON.parse(call.function.arguments) as { q: string }).q),
        });
  }
}

const subjects = ['Leeds', 'York', 'Hull'];

await main(async () => {
  const found = await Promise.all(subjects.map(worker));
  // A swapped answer shows here: each part must speak of its own subject alone.
  const swapped = found.filter(
    (text, at) => !text.includes(`in ${subjects[at]} `) && !text.includes(`in ${subjects[at]}”`),
  );
  const summary = await ask(
    [
      { role: 'system', content: `Session ${randomUUID()}. You sum up.` },
      { role: 'user', content: `Sum up what was found on ${task}:\n${found.join('\n')}` },
    ],
    false,
  );
  return `${swapped.length} swapped; ${(summary.content ?? '').length > 0 ? 'summed up' : 'nothing said'}`;
});
