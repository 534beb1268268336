import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { generateText } from 'ai';
import OpenAI from 'openai';
import { key, main, model, task, variant } from './agent-tools.ts';

/**
 * One call by an official SDK that gives up waiting after 700 ms and asks again, as it does by itself:
 * `node e2e/agents/impatient-agent.ts openai|anthropic|google|ai`; `once`: it does not ask again.
 */
const timeout = 700;
const attempts = process.argv.includes('once') ? 1 : 9;

async function ask(): Promise<string> {
  switch (variant) {
    case 'anthropic': {
      const client = new Anthropic({ apiKey: key, timeout, maxRetries: attempts - 1 });
      const { content } = await client.messages.create({
        model,
        max_tokens: 100,
        messages: [{ role: 'user', content: task }],
      });
      return content.map((block) => (block.type === 'text' ? block.text : block.type)).join('');
    }
    case 'google': {
      const client = new GoogleGenAI({
        apiKey: key,
        httpOptions: { timeout, retryOptions: { attempts, initialDelay: 0.3, maxDelay: 2 } },
      });
      return (await client.models.generateContent({ model, contents: task })).text ?? '';
    }
    case 'ai': {
      // It has no limit of its own: Node’s fetch gives up, after 300 s, with this error.
      const provider = createOpenAI({
        apiKey: key,
        async fetch(input, init) {
          try {
            return await fetch(input, { ...init, signal: AbortSignal.timeout(timeout) });
          } catch (error) {
            throw new TypeError('fetch failed', { cause: error });
          }
        },
      });
      return (await generateText({ model: provider.chat(model), prompt: task, maxRetries: attempts - 1 })).text;
    }
    default: {
      const client = new OpenAI({ apiKey: key, timeout, maxRetries: attempts - 1 });
      const { choices } = await client.chat.completions.create({ model, messages: [{ role: 'user', content: task }] });
      return choices[0]?.message.content ?? '';
    }
  }
}

await main(ask);
