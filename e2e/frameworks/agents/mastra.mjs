/** Mastra, its instructions a function. `--model PROVIDER/NAME` goes through its model router; `--kind anthropic` or `google`: a model made with the address. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { z } from 'zod';
import { kind, lookUp, model, systemWithClock, task } from './orders.mjs';

const lookup = createTool({
  id: 'lookup',
  description: 'Looks up the total of an order.',
  inputSchema: z.object({ order: z.string() }),
  execute: (input) => lookUp(input.order ?? input.context.order),
});
const models = {
  anthropic: () => createAnthropic({ baseURL: `${process.env.ANTHROPIC_BASE_URL}/v1` })(model),
  google: () =>
    createGoogleGenerativeAI({
      baseURL: `${process.env.GOOGLE_GEMINI_BASE_URL}/v1beta`,
      apiKey: process.env.GEMINI_API_KEY,
    })(model),
};
const agent = new Agent({
  id: 'clerk',
  name: 'clerk',
  instructions: () => systemWithClock(),
  model: models[kind]?.() ?? model,
  tools: { lookup },
});
const answer = await agent.generate(task, { maxSteps: 10, modelSettings: { temperature: 0.5 } });
console.log(answer.text.split('\n').at(-1));
