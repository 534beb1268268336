import { Agent, Runner, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled, tool } from '@openai/agents';
import type { AgentInputItem } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { history, key, lookup, main, model, stream, system, task, toolDescription, variant } from './agent-tools.ts';

/** OpenAI's agent framework, which keeps the loop itself: `node e2e/agents/openai-agents-agent.ts responses|chat [--stream]`. */
setDefaultOpenAIClient(new OpenAI({ apiKey: key }));
setOpenAIAPI(variant === 'chat' ? 'chat_completions' : 'responses');
setTracingDisabled(true);

await main(async () => {
  const agent = new Agent({
    name: 'Looker',
    instructions: system,
    model,
    modelSettings: { temperature: 0.5 },
    tools: [
      tool({
        name: 'lookup',
        description: toolDescription,
        parameters: z.object({ q: z.string() }),
        execute: ({ q }) => lookup(q),
      }),
    ],
  });
  const input: AgentInputItem[] = [
    ...history.map(({ role, text }): AgentInputItem =>
      role === 'user'
        ? { role, content: text }
        : { role, status: 'completed', content: [{ type: 'output_text', text }] },
    ),
    { role: 'user', content: task },
  ];
  const runner = new Runner();
  if (!stream) return String((await runner.run(agent, input, { maxTurns: 20 })).finalOutput);
  const result = await runner.run(agent, input, { maxTurns: 20, stream: true });
  await result.completed;
  return String(result.finalOutput);
});
