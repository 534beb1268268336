/** Genkit with an OpenAI-compatible model; its spans go to the global tracer provider. */
import { openAI } from '@genkit-ai/compat-oai/openai';
import { genkit, z } from 'genkit';
import { lookUp, model, system, task } from './orders.mjs';

const ai = genkit({ plugins: [openAI({ apiKey: process.env.OPENAI_API_KEY, baseURL: process.env.OPENAI_BASE_URL })] });
const lookup = ai.defineTool(
  { name: 'lookup', description: 'Looks up the total of an order.', inputSchema: z.object({ order: z.string() }) },
  ({ order }) => lookUp(order),
);
const clerk = ai.defineFlow({ name: 'clerk', inputSchema: z.string() }, async (prompt) => {
  const { text } = await ai.generate({ model: openAI.model(model), system, prompt, tools: [lookup], maxTurns: 10 });
  return text;
});
console.log(await clerk(task));
