/**
 * Asks a model many times at once, without any library: `node many-calls-agent.ts COUNT [--model NAME] [--stream] [--cut]`. `--cut`: it leaves
 * each stream after its first bytes. Prints how many were answered, refused and left.
 */
import { argv, env } from 'node:process';

const [, , count = '1', ...rest] = argv;
const option = (name: string, otherwise: string): string =>
  rest.includes(name) ? (rest[rest.indexOf(name) + 1] ?? otherwise) : otherwise;
const model = option('--model', 'claude-sonnet-4-5');
const cut = rest.includes('--cut');

async function ask(number: number): Promise<'answered' | 'refused' | 'left'> {
  const controller = new AbortController();
  const response = await fetch(`${env.ANTHROPIC_BASE_URL ?? ''}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'none', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model,
      max_tokens: 100,
      stream: cut || rest.includes('--stream'),
      messages: [{ role: 'user', content: `Question ${number}` }],
    }),
    signal: controller.signal,
  });
  if (!response.ok) {
    process.stderr.write(`${await response.text()}\n`);
    return 'refused';
  }
  if (!cut) {
    await response.text();
    return 'answered';
  }
  const reader = response.body?.getReader();
  await reader?.read();
  controller.abort();
  return 'left';
}

const sums = { answered: 0, refused: 0, left: 0 };
for (const how of await Promise.all(Array.from({ length: Number(count) }, (_, number) => ask(number)))) sums[how]++;
process.stdout.write(`${JSON.stringify(sums)}\n`);
