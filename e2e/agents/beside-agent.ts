import { randomBytes } from 'node:crypto';
import OpenAI from 'openai';
import { key, main, model as ownModel, system, task } from './agent-tools.ts';

/**
 * An agent whose second client has an address of its own, with telemetry of its own: `node e2e/agents/beside-agent.ts ADDRESS [--silent]`.
 * Two calls go where the environment says, one between them goes to ADDRESS. `--silent`: the calls that come through the gateway have no spans.
 */
const [address, silent] = process.argv.slice(2);
const [, traceId, rootId] = /^00-(\w{32})-(\w{16})-/.exec(process.env['TRACEPARENT'] ?? '') ?? [];
const spans: unknown[] = [];

const client = new OpenAI({ apiKey: key });
const beside = new OpenAI({ apiKey: key, baseURL: `${address}/v1` });

async function ask(by: OpenAI, text: string, isTold: boolean, model = ownModel): Promise<string> {
  // Calls of scripted models take no time: in real ones nobody is still answering when the next is asked.
  await new Promise((resolve) => setTimeout(resolve, 400));
  const start = BigInt(Date.now()) * 1_000_000n;
  const answer = await by.chat.completions.create({
    model,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: text },
    ],
  });
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': model,
  };
  if (isTold)
    spans.push({
      traceId,
      spanId: randomBytes(8).toString('hex'),
      parentSpanId: rootId,
      name: `chat ${model}`,
      kind: 3,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
      attributes: Object.entries(attributes).map(([name, value]) => ({ key: name, value: { stringValue: value } })),
      status: { code: 1 },
    });
  return answer.choices[0]?.message.content ?? '';
}

await main(async () => {
  const isTold = silent === undefined;
  await ask(client, task, isTold);
  await ask(beside, 'A question of its own', true, 'house-model');
  const last = await ask(client, `${task}, again`, isTold);
  const response = await fetch(`${process.env['OTEL_EXPORTER_OTLP_ENDPOINT']}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ scope: { name: 'opentelemetry.instrumentation.openai' }, spans }] }],
    }),
  });
  if (!response.ok) throw new Error(`The spans were not taken: ${response.status}`);
  return last;
});
