import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { startScriptedModel } from '../../../../e2e/agents/scripted-model.ts';
import type { ScriptedModel, ScriptedModelOptions } from '../../../../e2e/agents/scripted-model.ts';
import type { ModelProvider } from '../../../../shared/model/take.ts';
import type { WireCall } from '../gateway/wire.ts';
import { createModelProviders } from './model-providers.ts';

const models: ScriptedModel[] = [];
afterEach(async () => {
  for (const model of models.splice(0)) await model.close();
});

async function scripted(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const model = await startScriptedModel(options);
  models.push(model);
  return model;
}

const lookup = {
  name: 'lookup',
  description: 'Looks up',
  parameters: '{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}',
};
const call: WireCall = {
  family: 'anthropic.messages',
  model: 'claude',
  stream: true,
  continues: undefined,
  system: [{ type: 'text', text: 'Be brief.' }],
  items: [{ role: 'user', parts: [{ type: 'text', text: 'tea' }] }],
  tools: [lookup],
  params: new Map<string, unknown>([
    ['max_tokens', 700],
    ['temperature', 0.5],
  ]),
};
const key = 'sk-test-0123456789abcdefghij';
const environment = { OPENAI_API_KEY: key, ANTHROPIC_API_KEY: key, GEMINI_API_KEY: key };
const servers = (url: string): readonly ModelProvider[] => [
  { id: 'local', kind: 'openai-compatible', baseUrl: `${url}/v1`, keyVariable: 'OPENAI_API_KEY' },
];

describe.each(['openai', 'anthropic', 'google', 'local'])('%s', (provider) => {
  test('two tools asked for at once, their results, the answer: streamed, with usage', async () => {
    const model = await scripted({ rounds: 1, parallel: 2 });
    const providers = createModelProviders({ providers: servers(model.url), environment, upstream: model.url });
    const ask = (asked: WireCall, onText: (text: string) => void = () => undefined) =>
      providers.ask({
        call: asked,
        target: { provider, model: 'scripted-1' },
        customTools: new Set(),
        signal: new AbortController().signal,
        onText,
      });
    const first = await ask(call);
    // Nothing is lost here, so nothing is said.
    expect(first.notes).toEqual([]);
    expect(first).toMatchObject({
      status: 200,
      serverAddress: '127.0.0.1',
      answer: {
        finish: 'tool_calls',
        error: undefined,
        usage: { input: expect.any(Number), output: expect.any(Number) },
      },
    });
    const calls = first.answer.parts.flatMap((part) => (part.type === 'tool_call' ? [part] : []));
    expect(calls.map(({ name, arguments: given }) => [name, JSON.parse(given ?? '')])).toEqual([
      ['lookup', { q: 'tea #1' }],
      ['lookup', { q: 'tea #2' }],
    ]);
    let said = '';
    const second = await ask(
      {
        ...call,
        items: [
          ...call.items,
          { role: 'assistant', parts: first.answer.parts },
          ...calls.map(({ id = '' }, at) => ({
            role: 'tool' as const,
            parts: [{ type: 'tool_result' as const, id, result: `result ${at + 1}` }],
          })),
        ],
      },
      (text) => (said += text),
    );
    expect(second.answer.parts).toEqual([
      { type: 'text', text: 'scripted-1 was told “Be brief.” and asked “tea”; it read result 1 | result 2.' },
    ]);
    expect(second.answer.finish).toBe('stop');
    expect(said).toBe('scripted-1 was told “Be brief.” and asked “tea”; it read result 1 | result 2.');
    expect(model.calls[0]?.authorization).toContain(key);
    expect(model.calls[0]?.body).toContain('700');
    expect(JSON.stringify([first, second])).not.toContain(key);
  });

  test('a refusal is an answer with its status and words', async () => {
    const model = await scripted({ failures: new Map([[0, 429]]) });
    const providers = createModelProviders({ providers: servers(model.url), environment, upstream: model.url });
    const reply = await providers.ask({
      call,
      target: { provider, model: 'scripted-1' },
      customTools: new Set(),
      signal: new AbortController().signal,
      onText: () => undefined,
    });
    expect(reply).toMatchObject({
      status: 429,
      answer: { parts: [], error: expect.stringContaining('scripted failure 429') },
    });
  });

  test('a redirect is not followed, so the key goes nowhere else', async () => {
    let followed = 0;
    const server = createServer((request, response) => {
      if (request.url === '/elsewhere') followed++;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const providers = createModelProviders({ providers: servers(url), environment, upstream: url });
    const reply = await providers.ask({
      call,
      target: { provider, model: 'm' },
      customTools: new Set(),
      signal: new AbortController().signal,
      onText: () => undefined,
    });
    server.close();
    expect(reply).toMatchObject({ status: 502, answer: { error: expect.stringContaining('redirect (307)') } });
    expect(followed).toBe(0);
  });
});

test('what cannot be carried over is said: reasoning of another model, parameters without counterpart, server tools', async () => {
  const model = await scripted({ rounds: 0 });
  const providers = createModelProviders({ providers: [], environment, upstream: model.url });
  const reply = await providers.ask({
    target: { provider: 'openai', model: 'm' },
    customTools: new Set(),
    signal: new AbortController().signal,
    onText: () => undefined,
    call: {
      ...call,
      params: new Map<string, unknown>([
        ['max_tokens', 5],
        ['thinking', { type: 'enabled', budget_tokens: 4 }],
      ]),
      items: [
        ...call.items,
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'secret thought', signature: 'sig' },
            { type: 'tool_call', name: 'web_search', server: true },
            { type: 'text', text: 'hm' },
          ],
        },
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'go on' },
            { type: 'tool_result', id: 'gone', result: 'lost' },
          ],
        },
      ],
    },
  });
  expect(reply.notes).toEqual(
    expect.arrayContaining([
      expect.stringContaining('Reasoning of earlier answers'),
      expect.stringContaining('thinking'),
      expect.stringContaining('provider ran itself'),
      expect.stringContaining('(gone)'),
    ]),
  );
  expect(model.calls[0]?.body).not.toContain('secret thought');
  expect(model.calls[0]?.body).toContain('lost');
});

test('a signature goes back to the provider and model that gave it, and to no other', async () => {
  const model = await scripted({ rounds: 0 });
  const providers = createModelProviders({ providers: [], environment, upstream: model.url });
  const items = [
    ...call.items,
    {
      role: 'assistant' as const,
      parts: [
        { type: 'reasoning' as const, text: 'thought', signature: 'signed-by-claude' },
        { type: 'text' as const, text: 'hm' },
      ],
    },
    ...call.items,
  ];
  for (const [provider, name] of [
    ['anthropic', 'claude'],
    ['anthropic', 'claude-other'],
    ['google', 'claude'],
  ] as const) {
    await providers.ask({
      call: { ...call, items },
      target: { provider, model: name },
      customTools: new Set(),
      signal: new AbortController().signal,
      onText: () => undefined,
    });
  }
  expect(model.calls.map(({ body }) => body.includes('signed-by-claude'))).toEqual([true, false, false]);
});

test('a free-form tool is a function with one text, and its calls are free-form again', async () => {
  const model = await scripted({
    rounds: 1,
    script: ({ results }) =>
      results.length === 0 ? [{ name: 'apply_patch', arguments: { input: '*** Begin Patch' } }] : undefined,
  });
  const providers = createModelProviders({ providers: [], environment, upstream: model.url });
  const reply = await providers.ask({
    call: { ...call, tools: [{ name: 'apply_patch' }] },
    target: { provider: 'anthropic', model: 'm' },
    customTools: new Set(['apply_patch']),
    signal: new AbortController().signal,
    onText: () => undefined,
  });
  expect(reply.answer.parts).toEqual([
    { type: 'tool_call', id: expect.any(String), name: 'apply_patch', arguments: '*** Begin Patch', custom: true },
  ]);
  expect(JSON.parse(model.calls[0]?.body ?? '{}')).toMatchObject({
    tools: [{ name: 'apply_patch', input_schema: { properties: { input: { type: 'string' } } } }],
  });
});

test('keys: a variable of one’s own, the keychain, and what is missing is said before anything is asked', async () => {
  const own: ModelProvider = {
    id: 'mine',
    kind: 'anthropic',
    baseUrl: 'https://models.example/anthropic',
    keyVariable: 'MY_KEY',
  };
  const target = { provider: 'mine', model: 'm' };
  expect(
    await createModelProviders({ providers: [own], environment: { MY_KEY: key }, upstream: undefined }).problem(target),
  ).toBeUndefined();
  expect(
    await createModelProviders({ providers: [own], environment: {}, upstream: undefined }).problem(target),
  ).toContain('set MY_KEY');
  expect(
    await createModelProviders({
      providers: [own],
      environment: {},
      upstream: undefined,
      keys: { key: (id) => Promise.resolve(id === 'mine' ? key : undefined) },
    }).problem(target),
  ).toBeUndefined();
  const empty = (available: boolean) => ({
    key: () => Promise.resolve(undefined),
    keychain: () =>
      Promise.resolve(available ? ({ available } as const) : ({ available, reason: 'no keyring' } as const)),
  });
  expect(
    await createModelProviders({ providers: [own], environment: {}, upstream: undefined, keys: empty(true) }).problem(
      target,
    ),
  ).toBe('There is no key for mine: set MY_KEY in the environment of Retake, or give the key in the settings.');
  expect(
    await createModelProviders({ providers: [own], environment: {}, upstream: undefined, keys: empty(false) }).problem(
      target,
    ),
  ).toBe('There is no key for mine: set MY_KEY in the environment of Retake.');
  expect(
    await createModelProviders({ providers: [own], environment: {}, upstream: undefined }).problem({
      provider: 'other',
      model: 'm',
    }),
  ).toContain('There are: mine, openai, anthropic, google');
});
