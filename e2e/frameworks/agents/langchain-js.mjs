/** LangChain.js: createAgent, its prompt made anew for each call. */
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, dynamicSystemPromptMiddleware, tool } from 'langchain';
import { z } from 'zod';
import { lookUp, model, systemWithClock, task } from './orders.mjs';

const lookup = tool(({ order }) => lookUp(order), {
  name: 'lookup',
  description: 'Looks up the total of an order.',
  schema: z.object({ order: z.string() }),
});
const agent = createAgent({
  model: new ChatOpenAI({ model, temperature: 0.5 }),
  tools: [lookup],
  middleware: [dynamicSystemPromptMiddleware(() => systemWithClock())],
});
const { messages } = await agent.invoke({ messages: [{ role: 'user', content: task }] });
console.log(messages.at(-1).text);
