/** Vercel's AI SDK: generateText, or streamText, with a tool and a helper that a tool runs. */
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, isStepCount, streamText, tool } from 'ai';
import { z } from 'zod';
import { helperPrompt, lookUp, model, system, task } from './orders.mjs';

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
const lookup = tool({
  description: 'Looks up the total of an order.',
  inputSchema: z.object({ order: z.string() }),
  execute: ({ order }) => lookUp(order),
});
const common = { model: openai.chat(model), temperature: 0.5, stopWhen: isStepCount(10) };
const delegate = tool({
  description: 'Asks the helper.',
  inputSchema: z.object({ task: z.string() }),
  execute: async (input) =>
    (await generateText({ ...common, instructions: helperPrompt(), prompt: input.task, tools: { lookup } })).text,
});
const request = { ...common, instructions: system, prompt: task, tools: { lookup, delegate } };
if (process.env.LAB_STREAM)
  console.log(await streamText({ ...request, onError: ({ error }) => console.error(error) }).text);
else console.log((await generateText(request)).text);
