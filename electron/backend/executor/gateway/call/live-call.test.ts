import { expect, test } from 'vitest';
import { createSecrets } from '../../../base/secrets.ts';
import type { CrossReply } from '../cross-wire.ts';
import { chooseUpstreams } from '../upstreams.ts';
import { chat, testCall } from './call.testing.ts';
import { goLive } from './live-call.ts';
import type { LiveOptions } from './live-options.ts';
import type { GatewayProgress } from './progress.ts';

const options = (more: Partial<LiveOptions> = {}): LiveOptions => ({
  // Nothing listens there, and nothing is asked that is not meant to be.
  upstreams: chooseUpstreams({}, 'http://127.0.0.1:9'),
  secrets: createSecrets({}),
  beforeLive: () => Promise.resolve(undefined),
  ...more,
});
const never = new AbortController().signal;
const asked = (text: string | undefined) => ({ path: '/v1/chat/completions', text, pinned: true, isFork: true });

test('a call that must not go out is refused with the reason; it is the fork all the same', async () => {
  const call = testCall();
  const { facts, reply } = await goLive(
    call,
    { ...asked(call.kept), note: 'Pinned.' },
    options({ beforeLive: () => Promise.resolve('The budget is spent.') }),
    never,
  );
  expect(facts).toMatchObject({ isFork: true, pinned: false, note: 'The budget is spent.' });
  expect(reply).toMatchObject({ served: 'held', status: 400 });
});

test('an agent that left while its call was held: nothing is sent, and that is said', async () => {
  const call = testCall();
  const answered = await goLive(
    call,
    asked(call.kept),
    options({
      beforeLive() {
        call.given.response.destroy();
        return Promise.resolve(undefined);
      },
    }),
    never,
  );
  expect(answered).toMatchObject({
    isSent: true,
    reply: { served: 'held', status: 499 },
    facts: { note: 'The agent closed the connection while its call was held; nothing was sent.' },
  });
});

test('lists and counts wait for nobody; other requests that are no model call do', async () => {
  const waited: string[] = [];
  const wait = options({
    beforeLive({ request }) {
      waited.push(request);
      return Promise.resolve('no');
    },
  });
  const files = testCall({ path: '/v1/files', body: 'a file' });
  expect((await goLive(files, { ...asked(undefined), path: '/v1/files' }, wait, never)).reply.status).toBe(400);
  expect(waited).toEqual(['']);
  const models = testCall({ method: 'GET', path: '/v1/models', body: '' });
  expect(await goLive(models, { ...asked(undefined), path: '/v1/models' }, wait, never)).toMatchObject({
    reply: { served: 'live', status: 502 },
    facts: { serverAddress: '127.0.0.1' },
  });
  expect(waited).toEqual(['']);
});

test('the question why the cache was lost goes out with the request as it was decided about', async () => {
  const call = testCall();
  const wanted: unknown[] = [];
  const { facts } = await goLive(
    call,
    asked(call.kept),
    options({
      cacheQuestions: {
        ask({ text, hostname, call: { model } }) {
          wanted.push([hostname, model]);
          return text.replace('{', '{"why":1,');
        },
        answered: () => undefined,
      },
    }),
    never,
  );
  expect(wanted).toEqual([['127.0.0.1', call.asked?.model]]);
  expect(String(facts.outgoing)).toBe(call.kept.replace('{', '{"why":1,'));
});

const crossReply: CrossReply = {
  answer: {
    id: 'x',
    model: 'big-1',
    parts: [
      { type: 'reasoning', text: 'thinking' },
      { type: 'text', text: 'Hi.' },
    ],
    finish: 'stop',
    usage: undefined,
    error: undefined,
  },
  status: 200,
  notes: ['Its tools were renamed.'],
  providerName: 'anthropic',
  serverAddress: 'api.anthropic.com',
  firstTextMs: 12,
};

test("another provider's answer reaches the agent in its own format, under the model that it asked for", async () => {
  const told: GatewayProgress[] = [];
  const call = testCall();
  const { facts, reply } = await goLive(
    call,
    { ...asked(chat('hello, edited')), target: { provider: 'anthropic', model: 'big' } },
    options({
      askProvider({ body, onText }) {
        expect(JSON.stringify(body)).toContain('hello, edited');
        onText('Hi.');
        return Promise.resolve(crossReply);
      },
      onProgress: (progress) => void told.push(progress),
    }),
    never,
  );
  expect(JSON.parse(reply.body.toString())).toMatchObject({ model: 'm', choices: [{ message: { content: 'Hi.' } }] });
  expect(facts).toMatchObject({ serverAddress: 'api.anthropic.com', firstByteMs: 12, call: { model: 'big' } });
  expect(facts.note).toBe(
    'Answered by anthropic (big) in place of the agent’s own provider. Its tools were renamed. The reasoning of the other model is kept here and was not given to the agent.',
  );
  expect(told[0]).toMatchObject({ kind: 'decided', served: 'live', isFork: true, call: { model: 'big' } });
  expect(told.flatMap((progress) => (progress.kind === 'text' ? progress.text : [])).join('')).toBe('Hi.');
});

test('a provider that cannot be asked refuses the call; its own failure is an error in the agent’s format', async () => {
  const call = testCall();
  const target = { provider: 'anthropic', model: 'big' };
  const ask = (more: Partial<LiveOptions>) => goLive(call, { ...asked(call.kept), target }, options(more), never);
  expect((await ask({})).facts.note).toBe('Retake cannot ask anthropic here.');
  expect((await ask({ askProvider: () => Promise.reject(new Error('There is no key for it.')) })).reply).toMatchObject({
    served: 'held',
    status: 400,
  });
  const { reply } = await ask({
    askProvider: () =>
      Promise.resolve({ ...crossReply, status: 529, answer: { ...crossReply.answer, parts: [], error: 'overloaded' } }),
  });
  expect(reply).toMatchObject({ served: 'live', status: 529 });
  expect(JSON.parse(reply.body.toString())).toMatchObject({
    error: { message: 'The provider anthropic did not answer: overloaded' },
  });
});
