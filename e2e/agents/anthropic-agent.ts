import Anthropic from '@anthropic-ai/sdk';
import type { MessageParam } from '@anthropic-ai/sdk/resources/messages';
import { history, key, lookup, main, model, stream, system, task, toolDescription, toolSchema } from './agent-tools.ts';

/** The official Anthropic SDK in a tool loop of one's own: `node e2e/agents/anthropic-agent.ts [--stream]`. */
const client = new Anthropic({ apiKey: key });

await main(async () => {
  const messages: MessageParam[] = [
    ...history.map(({ role, text }) => ({ role, content: text })),
    { role: 'user', content: task },
  ];
  for (;;) {
    const request = {
      model,
      system,
      messages,
      max_tokens: 1_000,
      temperature: 0.5,
      tools: [
        {
          name: 'lookup',
          description: toolDescription,
          input_schema: { ...toolSchema, required: [...toolSchema.required] },
        },
      ],
    };
    const message = stream
      ? await client.messages.stream(request).finalMessage()
      : await client.messages.create(request);
    messages.push({ role: 'assistant', content: message.content });
    const uses = message.content.filter((block) => block.type === 'tool_use');
    if (uses.length === 0) return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    messages.push({
      role: 'user',
      content: uses.map((use) => ({
        type: 'tool_result',
        tool_use_id: use.id,
        content: lookup((use.input as { q: string }).q),
      })),
    });
  }
});
