import { implement } from '@orpc/server';
import { RPCHandler } from '@orpc/server/message-port';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { contract } from '../../../shared/contract.ts';
import { portMessage } from '../../../shared/window-bridge.ts';

/** A backend that answers settings.get at once, and samples.list never. */
const os = implement(contract);
let asked = 0;
const handler = new RPCHandler({
  settings: {
    get: os.settings.get.handler(() => ({ priceOverrides: [{ model: `call ${(asked += 1)}`, input: 1, output: 2 }] })),
    update: os.settings.update.handler(({ input, errors }) => {
      if (input.priceOverrides.length === 0) throw errors.REFUSED({ data: { advice: 'Keep at least one.' } });
      return input;
    }),
  },
  samples: { list: os.samples.list.handler(() => new Promise<never>(() => undefined)) },
});

/** As much of the desktop window as the client touches, with real message ports behind it. */
let backendSides: MessagePort[] = [];
let bridge = { readyCalls: 0 };
let hand: () => void = () => undefined;

beforeEach(() => {
  vi.resetModules();
  backendSides = [];
  // A client of an earlier test lives on and asks its own bridge.
  const own = { readyCalls: 0 };
  bridge = own;
  const target = new EventTarget();
  const page = Object.assign(target, {
    location: { origin: 'app://retake', hash: '' },
    retake: {
      ready: () => {
        own.readyCalls += 1;
        if (bridge === own) hand();
      },
      platform: 'linux',
      pathForFile: () => '',
      openFiles: () => Promise.resolve([]),
      onMenuCommand: () => () => undefined,
      setTheme: () => undefined,
    },
  });
  hand = () => {
    const { port1, port2 } = new MessageChannel();
    backendSides.push(port1);
    handler.upgrade(port1);
    port1.start();
    const event = Object.assign(new Event('message'), { data: portMessage, ports: [port2], source: page });
    setTimeout(() => target.dispatchEvent(event), 5);
  };
  vi.stubGlobal('window', page);
});

afterEach(() => {
  for (const port of backendSides) port.close();
});

it('waits for a port, calls over it, and passes typed refusals on', async () => {
  const { backend, connectionState, startBackendConnection } = await import('./backend-client.ts');
  const { messageOf } = await import('../lib/error-message.ts');
  const early = backend.settings.get();
  expect(connectionState()).toEqual({ state: 'connecting' });
  startBackendConnection();
  expect((await early).priceOverrides[0]?.output).toBe(2);
  expect(connectionState()).toEqual({ state: 'open', generation: 1 });
  const refusal: unknown = await backend.settings.update({ priceOverrides: [] }).catch((error: unknown) => error);
  expect(messageOf(refusal)).toBe('Keep at least one.');
});

it('rejects what was under way when the backend dies, asks for a new port, and goes on', async () => {
  const { backend, ConnectionLost, connectionState, startBackendConnection } = await import('./backend-client.ts');
  const { workInProgress } = await import('./work-in-progress.ts');
  startBackendConnection();
  await backend.settings.get();
  const pending = backend.samples.list().catch((error: unknown) => error);
  await vi.waitFor(() => expect(workInProgress()).toEqual(['call samples.list']));
  backendSides[0]?.close();
  expect(await pending).toBeInstanceOf(ConnectionLost);
  expect(workInProgress()).toEqual([]);
  await vi.waitFor(() => expect(connectionState()).toEqual({ state: 'open', generation: 2 }));
  expect(bridge.readyCalls).toBe(2);
  expect((await backend.settings.get()).priceOverrides).toHaveLength(1);
});

it('takes a port that is offered unasked, after a restart of the backend', async () => {
  const { backend, connectionState, startBackendConnection } = await import('./backend-client.ts');
  startBackendConnection();
  await backend.settings.get();
  hand();
  await vi.waitFor(() => expect(connectionState()).toEqual({ state: 'open', generation: 2 }));
  const onTheNew = backend.settings.get();
  backendSides[0]?.close();
  expect((await onTheNew).priceOverrides).toHaveLength(1);
  expect((await backend.settings.get()).priceOverrides).toHaveLength(1);
  expect(bridge.readyCalls).toBe(1);
});

it('says what to do in a browser window without a token', async () => {
  Object.assign(window, { retake: undefined, sessionStorage: { getItem: () => null } });
  const { backend, connectionState, startBackendConnection } = await import('./backend-client.ts');
  startBackendConnection();
  expect(connectionState()).toMatchObject({ state: 'refused', advice: expect.stringContaining('retake serve') });
  await expect(backend.settings.get()).rejects.toThrow('retake serve');
});
