import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { startScriptedModel } from '../../../../e2e/agents/scripted-model.ts';
import type { ScriptedModel } from '../../../../e2e/agents/scripted-model.ts';
import { nanos } from '../../../../shared/model/units.ts';
import { createSecrets } from '../../base/secrets.ts';
import { sessionHeaders } from '../clients/session-headers.ts';
import { callSpan } from '../session/run-spans.ts';
import { createKeyMaker } from './call-keys.ts';
import type { Exchange } from './exchange.ts';
import { startGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import type { CallHandlerOptions } from './handle-call.ts';
import { recordedCall } from './matched-calls.ts';
import type { RecordedCall } from './matched-calls.ts';
import { createReplayPlan } from './replay-plan.ts';
import { chooseUpstreams, targetOf } from './upstreams.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const key = 'sk-very-secret-0123456789';

async function open(
  model: ScriptedModel | undefined,
  more: Partial<CallHandlerOptions> = {},
): Promise<{ readonly gateway: Gateway; readonly exchanges: Exchange[] }> {
  const exchanges: Exchange[] = [];
  const gateway = await startGateway({
    upstreams: chooseUpstreams({}, model?.url ?? 'http://127.0.0.1:9'),
    sessionHeaders: sessionHeaders(),
    secrets: createSecrets({}),
    now: () => nanos(BigInt(Date.now()) * 1_000_000n),
    plan: undefined,
    recordedAnswer: () => Promise.reject(new Error('none')),
    recordedAuxiliary: () => Promise.resolve(undefined),
    beforeLive: () => Promise.resolve(undefined),
    onExchange: (exchange) => void exchanges.push(exchange),
    ...more,
  });
  closing.push(() => gateway.close());
  return { gateway, exchanges };
}

async function scripted(options: Parameters<typeof startScriptedModel>[0] = {}): Promise<ScriptedModel> {
  const model = await startScriptedModel(options);
  closing.push(() => model.close());
  return model;
}

const chatBody = (content: string, stream = false) =>
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...(stream ? { stream } : {}) });

async function ask(
  gateway: Gateway,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; type: string | null }> {
  const response = await fetch(`${gateway.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body,
  });
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
}

/** With a chosen Host, which fetch does not allow. */
function raw(gateway: Gateway, path: string, headers: Record<string, string>): Promise<number> {
  const { port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    httpRequest(
      { host: '127.0.0.1', port, path, method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    )
      .on('error', reject)
      .end(chatBody('x'));
  });
}

describe('who gets an answer', () => {
  test('a web page, another Host, another token and the root get nothing, and nothing is asked', async () => {
    const model = await scripted();
    const { gateway, exchanges } = await open(model);
    const path = `${new URL(gateway.url).pathname}/openai/v1/chat/completions`;
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'http://127.0.0.1' },
      { 'sec-fetch-site': 'cross-site' },
      { host: 'evil.example' },
      { host: 'evil.example:80' },
    ] as Record<string, string>[]) {
      expect(await raw(gateway, path, headers)).toBe(404);
    }
    for (const wrong of [
      '/v1/chat/completions',
      '/r/00000000000000000000000000000000/openai/v1/chat/completions',
      path.replace('/openai/', '/other/'),
      '/',
    ])
      expect(await raw(gateway, wrong, {})).toBe(404);
    expect([model.calls.length, exchanges.length, gateway.requests]).toEqual([0, 0, 0]);
    // Node's own fetch says how it fetches, and is no browser.
    expect(await raw(gateway, path, { 'sec-fetch-mode': 'cors' })).toBe(200);
  });

  test('a WebSocket is refused with 426, a body that is too large with 413', async () => {
    const { gateway } = await open(await scripted());
    const { port, pathname } = new URL(gateway.url);
    const status = await new Promise((resolve) => {
      httpRequest({
        host: '127.0.0.1',
        port,
        path: `${pathname}/openai/v1/responses`,
        headers: { connection: 'upgrade', upgrade: 'websocket' },
      })
        .on('response', ({ statusCode }) => resolve(statusCode))
        .end();
    });
    expect(status).toBe(426);
    const response = await fetch(`${gateway.url}/openai/v1/chat/completions`, {
      method: 'POST',
      body: '',
      headers: { 'content-encoding': 'rot13' },
    });
    expect(response.status).toBe(415);
  });
});

describe('record', () => {
  test.each([false, true])('passes through byte for byte and keeps what was said, stream %s', async (stream) => {
    const model = await scripted({ rounds: 0 });
    const { gateway, exchanges } = await open(model);
    const body = chatBody('hello', stream);
    const direct = await (await fetch(`${model.url}/v1/chat/completions`, { method: 'POST', body })).text();
    const through = await ask(gateway, body);
    expect(through.text.replaceAll('chatcmpl-1', 'chatcmpl-0')).toBe(direct);
    expect(through.type).toBe(stream ? 'text/event-stream' : 'application/json');
    expect(model.calls[1]).toMatchObject({ path: '/v1/chat/completions', body, authorization: `Bearer ${key}` });
    await expect.poll(() => exchanges.length).toBe(1);
    expect(exchanges[0]).toMatchObject({
      seq: 0,
      format: { family: 'openai.chat' },
      status: 200,
      served: 'live',
      delivered: true,
      path: '/openai/v1/chat/completions',
      answer: { usage: { input: 120, output: 30 }, finish: 'stop' },
    });
    expect(exchanges[0]?.request.toString()).toBe(body);
    expect(exchanges[0]?.response.toString()).toBe(through.text);
  });

  test.each([
    [{ 'x-claude-code-session-id': '815b7ba3-1cc3-4612-8b55-8ec7a099162a' }, '815b7ba3-1cc3-4612-8b55-8ec7a099162a'],
    [
      { 'session-id': '01a2097e-e4df-7611-a428-c319ea1660be', 'thread-id': '01a2097e-e4df-7611-a428-000000000001' },
      '01a2097e-e4df-7611-a428-000000000001',
    ],
    [{ 'session-id': '../../etc/passwd' }, undefined],
    [{}, undefined],
  ])('the session that the headers of a client name: %j', async (headers, sessionId) => {
    const { gateway, exchanges } = await open(await scripted({ rounds: 0 }));
    await ask(gateway, chatBody('hello'), { ...headers });
    await expect.poll(() => exchanges.length).toBe(1);
    expect(exchanges[0]?.sessionId).toBe(sessionId);
    const span =
      exchanges[0] &&
      callSpan(
        { traceId: 'a'.repeat(32), rootSpanId: 'b'.repeat(16), resource: {} },
        exchanges[0],
        'c'.repeat(16),
        undefined,
      )?.toString();
    expect(span?.includes('"session.id"')).toBe(sessionId !== undefined);
    if (sessionId !== undefined) expect(span).toContain(`{"key":"session.id","value":{"stringValue":"${sessionId}"}}`);
  });

  test('keys pass through and are kept nowhere', async () => {
    const model = await scripted({ rounds: 0 });
    const { gateway, exchanges } = await open(model, { secrets: createSecrets({ MY_API_KEY: 'plain-looking-key' }) });
    await ask(gateway, chatBody(`my keys are ${key}, plain-looking-key and AIzaSyA1234567890123456789012345678901`));
    expect(model.calls[0]?.body).toContain(key);
    await fetch(`${gateway.url}/gemini/v1beta/models/g:generateContent?key=query-key-123`, {
      method: 'POST',
      body: '{"contents":[{"role":"user","parts":[{"text":"query-key-123"}]}]}',
    });
    expect(model.calls[1]?.path).toContain('key=query-key-123');
    await expect.poll(() => exchanges.length).toBe(2);
    const kept = JSON.stringify(exchanges, (_name, value: unknown) =>
      typeof value === 'bigint' ? String(value) : Buffer.isBuffer(value) ? value.toString() : value,
    );
    for (const secret of [key, 'plain-looking-key', 'AIzaSyA', 'query-key-123']) expect(kept).not.toContain(secret);
    expect(exchanges[0]?.request.toString()).toContain('my keys are [key removed], [key removed] and [key removed]');
  });

  test.each([['plain-looking-key-of-some-length'], [key]])(
    'a key that a stream carries in two pieces is kept nowhere either: %s',
    async (secret) => {
      const model = await scripted();
      const { gateway, exchanges } = await open(model, {
        secrets: createSecrets({ MY_API_KEY: 'plain-looking-key-of-some-length' }),
      });
      const answer = await ask(
        gateway,
        JSON.stringify({
          model: 'm',
          stream: true,
          messages: [{ role: 'user', content: secret }],
          tools: [{ type: 'function', function: { name: 'lookup' } }],
        }),
      );
      // The agent gets its bytes as they came; the pieces are not the key.
      expect(answer.text).not.toContain(secret);
      expect(answer.text).not.toContain('[key removed]');
      await expect.poll(() => exchanges.length).toBe(1);
      expect(exchanges[0]?.answer).toMatchObject({
        parts: [{ type: 'tool_call', name: 'lookup', arguments: '{"q":"[key removed] #1"}' }],
        finish: 'tool_calls',
        usage: { input: 120, output: 30 },
      });
      expect(exchanges[0]?.response.toString()).toContain('[key removed]');
    },
  );

  test('a provider that does not answer is a 502 with the reason; a client that leaves ends the call', async () => {
    const { gateway, exchanges } = await open(undefined);
    const refused = await ask(gateway, chatBody('x'));
    expect(refused.status).toBe(502);
    expect(refused.text).toContain('http://127.0.0.1:9 did not answer');
    const slow = await scripted({ delayMs: 5_000 });
    const { gateway: second, exchanges: left } = await open(slow);
    const gone = new AbortController();
    const call = fetch(`${second.url}/openai/v1/chat/completions`, {
      method: 'POST',
      body: chatBody('x'),
      signal: gone.signal,
    });
    await expect.poll(() => slow.calls.length).toBe(1);
    gone.abort();
    await expect(call).rejects.toThrow();
    await expect
      .poll(() => left[0])
      .toMatchObject({
        status: 502,
        delivered: false,
        note: 'The agent closed the connection before the model answered.',
      });
    // Whose fault it was is read off the kept answer, too.
    expect(left[0]?.response.toString()).not.toContain('could not reach');
    expect(exchanges[0]).toMatchObject({ status: 502, served: 'live' });
  });
});

test("where live calls go: the built-in address, the user's own, or the upstream given; a version once", () => {
  const to = (
    environment: Record<string, string>,
    override: string | undefined,
    prefix: 'openai' | 'anthropic' | 'gemini',
    path: string,
  ): string => targetOf(chooseUpstreams(environment, override), prefix, path).href;
  expect(to({}, undefined, 'openai', '/v1/chat/completions')).toBe('https://api.openai.com/v1/chat/completions');
  expect(to({}, undefined, 'openai', '/responses')).toBe('https://api.openai.com/v1/responses');
  expect(to({}, undefined, 'anthropic', '/messages?beta=true')).toBe('https://api.anthropic.com/v1/messages?beta=true');
  expect(to({ OPENAI_BASE_URL: 'http://localhost:11434/v1' }, undefined, 'openai', '/v1/chat/completions')).toBe(
    'http://localhost:11434/v1/chat/completions',
  );
  expect(to({ ANTHROPIC_BASE_URL: 'https://proxy.example/anthropic' }, undefined, 'anthropic', '/v1/messages')).toBe(
    'https://proxy.example/anthropic/v1/messages',
  );
  expect(to({}, 'http://127.0.0.1:8/v1', 'gemini', '/v1beta/models/g:generateContent?alt=sse')).toBe(
    'http://127.0.0.1:8/v1/models/g:generateContent?alt=sse',
  );
  expect(() => chooseUpstreams({}, 'file:///etc/passwd')).toThrow('--upstream is not an http or https address');
  expect(() => chooseUpstreams({ OPENAI_BASE_URL: 'https://u:p@x.example' }, undefined)).toThrow(
    'OPENAI_BASE_URL holds a user name',
  );
});

test('a key in a prompt is no difference: what is matched and told is what was kept', async () => {
  const model = await scripted({ rounds: 0 });
  const { gateway: recorder, exchanges } = await open(model);
  const body = chatBody(`use the key ${key} twice`);
  await ask(recorder, body);
  await expect.poll(() => exchanges.length).toBe(1);
  const keys = createKeyMaker();
  const calls: RecordedCall[] = exchanges.flatMap(({ seq, call, answer, status }) =>
    call && answer ? [recordedCall({ seq, call, answer, status }, keys)] : [],
  );
  const plan = createReplayPlan(
    {
      calls,
      forkSeq: undefined,
      edits: [],
      afterFork: 'causal',
      recordedRequest: () => Promise.reject(new Error('none')),
      decide: () => Promise.resolve('stop'),
    },
    keys,
  );
  const told: unknown[] = [];
  const { gateway, exchanges: served } = await open(undefined, {
    plan,
    onProgress: (progress) => void told.push(progress),
    recordedAnswer: (seq) =>
      Promise.resolve({
        status: 200,
        contentType: 'application/json',
        body: exchanges[seq]?.response ?? Buffer.alloc(0),
        stream: false,
        serverAddress: undefined,
      }),
  });
  expect((await ask(gateway, body)).status).toBe(200);
  // The model said the key, and the agent gets what was kept of it: that is said.
  await expect.poll(() => served.length).toBe(1);
  expect(served[0]).toMatchObject({
    served: 'recording',
    note: expect.stringContaining('the agent got “[key removed]”') as string,
  });
  expect(told.length).toBeGreaterThan(1);
  expect(
    JSON.stringify(told, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ).not.toContain(key);
});

describe('a key in the prompt of a recorded run', () => {
  /** Records one call; then forks at it, with whatever the agent sends this time. */
  async function forkWith(
    recordedText: string,
    liveText: string,
    more: Partial<CallHandlerOptions> = {},
    chunkDelayMs?: number,
  ) {
    const model = await scripted({ rounds: 0, ...(chunkDelayMs === undefined ? {} : { chunkDelayMs }) });
    const { gateway: recorder, exchanges: recorded } = await open(model);
    await ask(recorder, chatBody(recordedText, true));
    await expect.poll(() => recorded.length).toBe(1);
    const keys = createKeyMaker();
    const calls: RecordedCall[] = recorded.flatMap(({ seq, call, answer, status }) =>
      call && answer ? [recordedCall({ seq, call, answer, status }, keys)] : [],
    );
    const kept = recorded[0]?.request.toString() ?? '';
    expect(kept).toContain('[key removed]');
    const plan = createReplayPlan(
      {
        calls,
        forkSeq: 0,
        edits: [{ op: 'prompt_rule', find: 'twice', replace: 'once', where: 'user' }],
        afterFork: 'causal',
        decide: () => Promise.resolve('fork'),
        recordedRequest: () => Promise.resolve({ path: '/v1/chat/completions', body: kept }),
      },
      keys,
    );
    const told: unknown[] = [];
    const { gateway, exchanges } = await open(model, {
      plan,
      onProgress: (progress) => void told.push(progress),
      ...more,
    });
    const { text } = await ask(gateway, chatBody(liveText, true));
    await expect.poll(() => exchanges.length).toBe(1);
    return {
      gateway,
      model,
      exchanges,
      text,
      told: JSON.stringify(told, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    };
  }

  test('goes to the model again at the fork and after it, with the edit; no window sees it, nothing keeps it', async () => {
    const held: string[] = [];
    const text = `The key of the shop is ${key}, use it twice.`;
    const { gateway, model, exchanges, told } = await forkWith(text, text, {
      beforeLive: ({ request }) => Promise.resolve(void held.push(request)),
    });
    expect(model.calls[1]?.body).toContain(`The key of the shop is ${key}, use it once.`);
    expect(exchanges[0]).toMatchObject({ isFork: true, pinned: true, note: undefined });
    await ask(
      gateway,
      JSON.stringify({
        model: 'm',
        stream: true,
        messages: [
          { role: 'user', content: text },
          { role: 'assistant', content: 'done' },
          { role: 'user', content: `again with ${key}` },
        ],
      }),
    );
    expect(model.calls[2]?.body).toContain(`The key of the shop is ${key}, use it once.`);
    expect(model.calls[2]?.body).toContain(`again with ${key}`);
    await expect.poll(() => exchanges.length).toBe(2);
    for (const { outgoing, request, response } of exchanges)
      for (const bytes of [outgoing, request, response]) expect(bytes?.toString()).not.toContain(key);
    expect(held).toHaveLength(2);
    expect(held.join()).not.toContain(key);
    expect(told).toContain('“The key of the shop is');
    expect(told).not.toContain(key);
  });

  test('the live request has it no more: it is said, and no other key takes its place', async () => {
    const { model, exchanges } = await forkWith(
      `The key of the shop is ${key}, use it twice.`,
      'The other key is AIzaSyA1234567890123456789012345678901, use it twice.',
    );
    expect(model.calls[1]?.body).toContain('The key of the shop is [key removed], use it once.');
    expect(exchanges[0]?.note).toContain('A key that the recording does not hold went to the model as “[key removed]”');
  });

  test('what a person sends in place of a held request gets its key back', async () => {
    const text = `The key of the shop is ${key}, use it twice.`;
    const { model } = await forkWith(text, text, {
      beforeLive({ request, replace }) {
        replace?.(request.replace('use it', 'write it down'));
        return Promise.resolve(undefined);
      },
    });
    expect(model.calls[1]?.body).toContain(`The key of the shop is ${key}, write it down once.`);
  });
});

test('words of a stream are cleaned of keys, in whatever pieces they come', () => {
  const secrets = createSecrets({ MY_API_KEY: 'pass word/with blanks' });
  const text = `Say ${key} and pass word/with blanks, Bearer abcdefghijklmnopqrstuvwxyz, 你好世界 pass word/without, sk-short`;
  for (const size of [1, 2, 3, 7, 20, 1_000]) {
    const stream = secrets.stream();
    let said = '';
    for (let at = 0; at < text.length; at += size) said += stream.take(text.slice(at, at + size));
    said += stream.end();
    expect(said).toBe('Say [key removed] and [key removed], [key removed], 你好世界 pass word/without, sk-short');
  }
});

test('served from the recording: without a provider, in the other way of streaming too; the time of a call is printed', async () => {
  const model = await scripted({ rounds: 0 });
  const { gateway: recorder, exchanges } = await open(model);
  const bodies = Array.from({ length: 100 }, (_, at) => chatBody(`question ${at} ${'x'.repeat(2_000)}`));
  for (const body of bodies) await ask(recorder, body);
  await expect.poll(() => exchanges.length).toBe(100);
  const keys = createKeyMaker();
  const calls: RecordedCall[] = exchanges.flatMap(({ seq, call, answer, status }) =>
    call && answer ? [recordedCall({ seq, call, answer, status }, keys)] : [],
  );
  const plan = createReplayPlan(
    {
      calls,
      forkSeq: undefined,
      edits: [],
      afterFork: 'causal',
      recordedRequest: () => Promise.reject(new Error('none')),
      decide: () => Promise.resolve('stop'),
    },
    keys,
  );
  const { gateway, exchanges: served } = await open(undefined, {
    plan,
    recordedAnswer: (seq) =>
      Promise.resolve({
        status: 200,
        contentType: 'application/json',
        body: exchanges[seq]?.response ?? Buffer.alloc(0),
        stream: false,
        serverAddress: undefined,
      }),
  });
  for (const [at, body] of bodies.slice(1).entries()) {
    const answer = await ask(gateway, body);
    expect(answer.text).toBe(exchanges[at + 1]?.response.toString());
  }
  const streamed = await ask(gateway, bodies[0]?.replace('"model"', '"stream":true,"model"') ?? '');
  expect(streamed.type).toContain('text/event-stream');
  expect(streamed.text).toContain('data: [DONE]');
  // The agent asks what it never asked: nothing goes out, and it is told why.
  const stopped = await ask(gateway, chatBody('something else'));
  expect(stopped.status).toBe(400);
  expect(stopped.text).toContain('Retake stopped this run');
  expect(model.calls.length).toBe(100);
  await expect.poll(() => served.at(-1)?.served).toBe('held');
});

test('what the provider calls the request is kept with it: clients report that id', async () => {
  const names: Record<string, string>[] = [{ 'request-id': 'req_011' }, { 'x-request-id': 'x'.repeat(500) }, {}];
  const upstream = createServer(
    (_, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json', ...names.shift() })
        .end(JSON.stringify({ id: 'c1', model: 'm', choices: [{ message: { role: 'assistant', content: 'hi' } }] })),
  );
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  closing.push(async () => {
    upstream.close();
    await once(upstream, 'close');
  });
  const { gateway, exchanges } = await open(undefined, {
    upstreams: chooseUpstreams({}, `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`),
  });
  for (const content of ['a', 'b', 'c']) expect((await ask(gateway, chatBody(content))).status).toBe(200);
  expect(exchanges.map(({ requestId }) => requestId)).toEqual(['req_011', 'x'.repeat(200), undefined]);
});
