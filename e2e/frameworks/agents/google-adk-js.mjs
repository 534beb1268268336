/** Google's Agent Development Kit for TypeScript with Gemini, its instruction a function. */
import { FunctionTool, InMemoryRunner, LlmAgent } from '@google/adk';
import { z } from 'zod';
import { lookUp, model, systemWithClock, task } from './orders.mjs';

const lookup = new FunctionTool({
  name: 'lookup',
  description: 'Looks up the total of an order.',
  parameters: z.object({ order: z.string() }),
  execute: async ({ order }) => ({ result: await lookUp(order) }),
});
const agent = new LlmAgent({
  name: 'clerk',
  model,
  instruction: () => systemWithClock(),
  tools: [lookup],
  generateContentConfig: { temperature: 0.5 },
});
const runner = new InMemoryRunner({ agent, appName: 'orders' });
const session = await runner.sessionService.createSession({ appName: 'orders', userId: 'someone' });
const newMessage = { role: 'user', parts: [{ text: task }] };
for await (const event of runner.runAsync({ userId: 'someone', sessionId: session.id, newMessage })) {
  const text = event.content?.parts?.map((part) => part.text ?? '').join('') ?? '';
  if (text.includes('FINAL')) console.log(text);
}
