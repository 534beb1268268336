/** LangChain.js: createAgent, and a helper that a tool of his runs. */
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';
import { helperPrompt, lookUp, model, system, task } from './orders.mjs';

const lookup = tool(({ order }) => lookUp(order), {
  name: 'lookup',
  description: 'Looks up the total of an order.',
  schema: z.object({ order: z.string() }),
});
const chat = new ChatOpenAI({ model, temperature: 0.5 });
const helper = createAgent({ model: chat, tools: [lookup], systemPrompt: helperPrompt(), name: 'helper' });
const delegate = tool(
  async (input) => (await helper.invoke({ messages: [{ role: 'user', content: input.task }] })).messages.at(-1).text,
  { name: 'delegate', description: 'Asks the helper.', schema: z.object({ task: z.string() }) },
);
const agent = createAgent({ model: chat, tools: [lookup, delegate], systemPrompt: system, name: 'clerk' });
const { messages } = await agent.invoke(
  { messages: [{ role: 'user', content: task }] },
  { callbacks: globalThis.callbacks ?? [] },
);
console.log(messages.at(-1).text);
