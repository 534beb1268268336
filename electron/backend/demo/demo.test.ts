import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDemo, demoUpstream } from './demo.ts';
import { answerOf, chatRequestSchema } from './scripted-answer.ts';
import { startScriptedModel } from './scripted-model.ts';
import type { ScriptedModel } from './scripted-model.ts';

const run = promisify(execFile);
const agent = fileURLToPath(new URL('../samples/demo-agent.mjs', import.meta.url));
let model: ScriptedModel;

beforeAll(async () => {
  model = await startScriptedModel({ hurried: true });
});
afterAll(() => model.close());

async function said(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [agent, ...args], { env: { OPENAI_BASE_URL: model.url } });
  return stdout.trim();
}

describe('the demo’s agent with its model', () => {
  it('looks things up and follows the policy, the same each time', async () => {
    const first = await said();
    expect(first).toBe(
      'I am sorry about the ceramic teapot. Order A-1042 was delivered 45 days ago and refunds are given within 30 days of delivery, so I cannot pay it back.',
    );
    expect(await said()).toBe(first);
  });

  it('decides otherwise for another order, other instructions, another model', async () => {
    expect(await said('--task', 'Please refund A-2001.')).toContain('I have refunded $9 for the tea towel');
    expect(
      await said(
        '--system',
        'You answer the customers of a small shop. Offer store credit where a refund is not possible.',
      ),
    ).toContain('I have given you $48 of store credit');
    expect(await said('--model', 'scripted-large')).toContain('14 in stock');
    expect(await said('--task', 'Where is A-9999?')).toContain('I could not find order A-9999');
  });

  it('says why it cannot run without a model', async () => {
    const failed: unknown = await run(process.execPath, [agent], { env: {} }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('OPENAI_BASE_URL') as string });
  });
});

describe('the demo’s model', () => {
  const conversation = (order: string, policy: string) =>
    chatRequestSchema.parse({
      model: 'scripted-small',
      tools: ['refund_order', 'issue_credit'].map((name) => ({ function: { name } })),
      messages: [
        { role: 'system', content: 'Follow the refund policy.' },
        { role: 'user', content: 'A-1042 please' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            ['a', 'find_order'],
            ['b', 'customer_history'],
            ['c', 'read_policy'],
          ].map(([id, name]) => ({ id, function: { name, arguments: '{}' } })),
        },
        { role: 'tool', tool_call_id: 'a', content: order },
        { role: 'tool', tool_call_id: 'b', content: 'x' },
        { role: 'tool', tool_call_id: 'c', content: policy },
      ],
    });

  it('reads tool results: an edit of one changes its plan', () => {
    expect(answerOf(conversation('delivered 45 days ago', 'within 30 days')).call).toBeUndefined();
    expect(answerOf(conversation('delivered 12 days ago', 'within 30 days')).call?.name).toBe('refund_order');
    expect(answerOf(conversation('delivered 45 days ago', 'within 60 days')).call?.name).toBe('refund_order');
  });

  it('answers as JSON and as a stream, and refuses web pages and what it cannot read', async () => {
    const body = JSON.stringify({ ...conversation('delivered 45 days ago', 'within 30 days'), stream: false });
    const post = (init: RequestInit) => fetch(`${model.url}/chat/completions`, { method: 'POST', ...init });
    expect(await (await post({ body })).json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ finish_reason: 'stop', message: { content: expect.stringContaining('45 days ago') as string } }],
    });
    expect((await post({ body, headers: { origin: 'http://evil.test' } })).status).toBe(403);
    expect((await post({ body: '{' })).status).toBe(400);
    expect((await post({ body: 'x'.repeat(5 * 1024 * 1024) }).catch(() => ({ status: 400 }))).status).toBe(400);
    expect((await fetch(`${model.url}/models`)).status).toBe(404);
  });
});

it('starts the model with the first call to its address, and leaves every other address alone', async () => {
  const demo = createDemo({ samplesDirectory: '/samples', libraryDirectory: '/library' });
  expect(demo.request.launch.command.at(-1)).toBe('/samples/demo-agent.mjs');
  expect(await demo.upstream(undefined)).toBeUndefined();
  expect(await demo.upstream('http://127.0.0.1:1/v1')).toBe('http://127.0.0.1:1/v1');
  const address = await demo.upstream(demoUpstream);
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  expect(await demo.upstream(demoUpstream)).toBe(address);
  expect((await fetch(`${address}/models`)).status).toBe(404);
  await demo.close();
  await expect(fetch(`${address}/models`)).rejects.toThrow('fetch failed');
});
