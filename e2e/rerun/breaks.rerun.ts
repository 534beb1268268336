import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScriptedModel } from '../agents/scripted-model.ts';
import { agentCommand, openWorkbench } from './workbench.ts';
import type { Workbench } from './workbench.ts';

/** Calls held at a break on the terminal, under the time limits of the official SDKs (FACTS.md, Holds and stops). */
let bench: Workbench;
let model: ScriptedModel;

beforeAll(async () => {
  bench = openWorkbench();
  model = await bench.model({ rounds: 0 });
});
afterAll(() => bench.close());

const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

/** `retake …` on a terminal of its own (util-linux’ script). `answer` is typed so long after a call was held; undefined: never. */
async function atTheTerminal(
  words: readonly string[],
  answer: string | undefined,
  heldForMs = 0,
): Promise<{ readonly output: string; readonly code: number | null }> {
  const child = spawn('script', ['-qec', quoted([process.execPath, retake, ...words]), '/dev/null'], {
    cwd: bench.directory,
    env: {
      PATH: process.env['PATH'],
      HOME: bench.directory,
      RETAKE_LIBRARY: bench.library,
      OPENAI_API_KEY: bench.key,
      ANTHROPIC_API_KEY: bench.key,
      GEMINI_API_KEY: bench.key,
      AGENT_KEY: bench.key,
      NODE_NO_WARNINGS: '1',
      TERM: 'dumb',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  let asked = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (asked || !output.includes('[s]top? ')) return;
    asked = true;
    // Long enough for several attempts: what is tested is that all of them are one call.
    if (answer !== undefined) setTimeout(() => child.stdin.write(`${answer}\n`), heldForMs);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { output, code };
}

describe.skipIf(process.platform !== 'linux')('held for longer than the client waits', () => {
  test.each(['openai', 'anthropic', 'google', 'ai'])(
    '%s asks again by itself, all of it is one call, asked once; the agent ends well',
    async (sdk) => {
      const before = model.calls.length;
      const { output, code } = await atTheTerminal(
        ['run', '--upstream', model.url, '--break', 'call=1', '--', ...agentCommand('impatient-agent', sdk)],
        'g',
        5_000,
      );
      expect(output).toContain('Held before call 1 goes to');
      expect(code, output).toBe(0);
      expect(output.match(/\[s\]top\? /g)).toHaveLength(1);
      expect(model.calls.length - before).toBe(1);
      const runId = output.trim().split(/\s+/).at(-1) ?? '';
      const { steps } = await bench.show(runId);
      const calls = steps.filter(({ kind }) => kind === 'llm');
      // Attempts that were given up are told as such, the last one was answered.
      expect(calls.length).toBeGreaterThan(2);
      expect(calls.filter(({ status }) => status === 'ok')).toHaveLength(1);
    },
  );

  test('a client that does not ask again ends its agent, and with it the question: that is said, and nothing hangs', async () => {
    const before = model.calls.length;
    const { output, code } = await atTheTerminal(
      ['run', '--upstream', model.url, '--break', 'call=1', '--', ...agentCommand('impatient-agent', 'openai', 'once')],
      undefined,
    );
    expect(output).toContain('the agent has ended; nothing was sent');
    expect(code, output).not.toBe(0);
    expect(model.calls.length - before).toBe(0);
  });
});

test('without a terminal it stops with words and never hangs', async () => {
  const before = model.calls.length;
  const { stderr, code } = await bench.run(
    'run',
    '--upstream',
    model.url,
    '--break',
    'text=price',
    '--',
    ...agentCommand('impatient-agent', 'openai'),
  );
  expect(stderr).toContain('there is no terminal or window to ask whether it may go on');
  expect(code).not.toBe(0);
  expect(model.calls.length - before).toBe(0);
});

test('what is no condition is refused with the list of what is one', async () => {
  const { stderr, code } = await bench.run('run', '--break', 'refund_order', '--', 'true');
  expect(code).toBe(2);
  expect(stderr).toContain("--break 'tool=NAME:TEXT'");
});
