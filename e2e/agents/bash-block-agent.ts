import { readFileSync } from 'node:fs';

/**
 * The loop of mini-swe-agent 1: an answer is text with one ```bash block, the next message is what it printed. Takes its first messages
 * from a trajectory, so that it asks as the recorded agent did. Its shell runs nothing: every command prints its number and the time.
 * `node e2e/agents/bash-block-agent.ts TRAJECTORY`
 */
interface Message {
  readonly role: string;
  readonly content: string;
}

const { messages: recorded } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as {
  readonly messages: readonly Message[];
};
const messages: Message[] = recorded.slice(0, 2).map(({ role, content }) => ({ role, content }));
const finished = 'COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT';

for (;;) {
  const response = await fetch(`${process.env['OPENAI_BASE_URL']}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-none' },
    body: JSON.stringify({ model: 'any-model', messages }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const { choices } = (await response.json()) as {
    readonly choices: readonly { readonly message: { readonly content: string | null } }[];
  };
  const content = choices[0]?.message.content ?? '';
  messages.push({ role: 'assistant', content });
  const blocks = [...content.matchAll(/```bash\s*\n(.*?)\n```/gs)].map((match) => match[1]?.trim() ?? '');
  const [command] = blocks;
  if (command !== undefined && blocks.length === 1 && command.includes(finished)) break;
  messages.push({
    role: 'user',
    content:
      blocks.length === 1
        ? `<returncode>0</returncode>\n<output>\ncommand ${messages.length} at ${new Date().toISOString()}\n</output>`
        : 'Please always provide EXACTLY ONE action in triple backticks.',
  });
}
process.stdout.write(`${messages.filter(({ role }) => role === 'assistant').length} answers\n`);
