import { GoogleGenAI } from '@google/genai';
import type { Content, Part } from '@google/genai';
import { history, key, lookup, main, model, stream, system, task, toolDescription, toolSchema } from './agent-tools.ts';

/** The official Gemini SDK in a tool loop of one's own: `node e2e/agents/gemini-agent.ts [--stream]`. */
const client = new GoogleGenAI({ apiKey: key });

await main(async () => {
  const contents: Content[] = [
    ...history.map(({ role, text }) => ({ role: role === 'user' ? 'user' : 'model', parts: [{ text }] })),
    { role: 'user', parts: [{ text: task }] },
  ];
  for (;;) {
    const request = {
      model,
      contents,
      config: {
        systemInstruction: system,
        temperature: 0.5,
        tools: [
          {
            functionDeclarations: [{ name: 'lookup', description: toolDescription, parametersJsonSchema: toolSchema }],
          },
        ],
      },
    };
    const parts: Part[] = [];
    if (stream)
      for await (const chunk of await client.models.generateContentStream(request))
        parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
    else parts.push(...((await client.models.generateContent(request)).candidates?.[0]?.content?.parts ?? []));
    contents.push({ role: 'model', parts });
    const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
    if (calls.length === 0) return parts.map(({ text }) => text ?? '').join('');
    contents.push({
      role: 'user',
      parts: calls.map((call) => ({
        functionResponse: {
          ...(call.id === undefined ? {} : { id: call.id }),
          name: 'lookup',
          response: { output: lookup(String(call.args?.['q'])) },
        },
      })),
    });
  }
});
