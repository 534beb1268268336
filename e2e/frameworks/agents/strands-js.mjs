/** Strands Agents for TypeScript with OpenAI. */
import { Agent, tool } from '@strands-agents/sdk';
import { OpenAIModel } from '@strands-agents/sdk/models/openai';
import { z } from 'zod';
import { lookUp, model, system, task } from './orders.mjs';

const lookup = tool({
  name: 'lookup',
  description: 'Looks up the total of an order.',
  inputSchema: z.object({ order: z.string() }),
  callback: ({ order }) => lookUp(order),
});
const agent = new Agent({
  model: new OpenAIModel({ api: 'chat', modelId: model, temperature: 0.5 }),
  systemPrompt: system,
  tools: [lookup],
  printer: false,
});
console.log(String(await agent.invoke(task)).trim());
