import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, isStepCount, streamText, tool } from 'ai';
import { z } from 'zod';
import { history, key, lookup, main, model, stream, system, task, toolDescription, variant } from './agent-tools.ts';

/** The Vercel AI SDK, which keeps the loop itself: `node e2e/agents/ai-sdk-agent.ts openai|openai-chat|anthropic|google [--stream]`. */
function languageModel() {
  switch (variant) {
    case 'openai-chat':
      return createOpenAI({ apiKey: key }).chat(model);
    // It takes the address with the version, unlike Anthropic's own SDK.
    case 'anthropic':
      return createAnthropic({ apiKey: key })(model);
    // The provider reads no variable for its address.
    case 'google':
      return createGoogle({
        apiKey: key,
        baseURL: `${process.env['GOOGLE_GEMINI_BASE_URL'] ?? 'https://generativelanguage.googleapis.com'}/v1beta`,
      })(model);
    default:
      return createOpenAI({ apiKey: key })(model);
  }
}

await main(async () => {
  const request = {
    model: languageModel(),
    instructions: system,
    temperature: 0.5,
    stopWhen: isStepCount(20),
    messages: [...history.map(({ role, text }) => ({ role, content: text })), { role: 'user' as const, content: task }],
    tools: {
      lookup: tool({
        description: toolDescription,
        inputSchema: z.object({ q: z.string() }),
        execute: ({ q }) => lookup(q),
      }),
    },
  };
  if (!stream) return (await generateText(request)).text;
  let failure: unknown;
  const result = streamText({ ...request, onError: ({ error }) => void (failure = error) });
  let text = '';
  for await (const piece of result.textStream) text += piece;
  if (failure !== undefined) throw failure;
  return text;
});
