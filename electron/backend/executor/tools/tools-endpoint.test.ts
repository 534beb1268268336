import { afterEach, expect, test } from 'vitest';
import { nanos } from '../../../../shared/model/units.ts';
import { createSecrets } from '../../base/secrets.ts';
import { startGateway } from '../gateway/gateway.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { chooseUpstreams } from '../gateway/upstreams.ts';
import type { ToolDecision } from './tool-desk.ts';
import { createToolsEndpoint } from './tools-endpoint.ts';

let gateway: Gateway | undefined;
afterEach(() => gateway?.close());

async function open(decide: () => Promise<ToolDecision>): Promise<string> {
  gateway = await startGateway({
    upstreams: chooseUpstreams({}, 'http://127.0.0.1:9'),
    secrets: createSecrets({}),
    now: () => nanos(0n),
    plan: undefined,
    recordedAnswer: () => Promise.reject(new Error('none')),
    recordedAuxiliary: () => Promise.resolve(undefined),
    beforeLive: () => Promise.resolve(undefined),
    onExchange: () => {
      throw new Error('no model call');
    },
    tools: createToolsEndpoint({ decide, record: () => undefined }),
  });
  return gateway.url;
}

const ask = (url: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/tools/decide`, { method: 'POST', headers, body: JSON.stringify({ hand: 'wrapper', tool: 'x' }) });

test('the gateway answers for tools below its token, to programs only, and counts no model call', async () => {
  const url = await open(() => Promise.resolve({ action: 'run' }));
  expect(await (await ask(url)).json()).toEqual({ action: 'run' });
  expect((await ask(url.replace(/[0-9a-f]{32}/, '0'.repeat(32)))).status).toBe(404);
  expect((await ask(url, { origin: 'https://evil.example' })).status).toBe(404);
  expect(gateway?.requests).toBe(0);
});

test('who waits for a decision is told when the run ends', async () => {
  const url = await open(() => new Promise(() => undefined));
  const waiting = ask(url);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [answer] = await Promise.all([waiting, gateway?.close()]);
  expect(await answer.json()).toEqual({ action: 'deny', message: 'Retake has ended this run.' });
});
