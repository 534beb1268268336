import { createORPCClient } from '@orpc/client';
import type { ClientContext, ClientLink, ClientOptions } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { useSyncExternalStore } from 'react';
import type { contract } from '../../../shared/contract.ts';
import { sleep } from '../lib/sleep.ts';
import { windowBridge } from './globals.ts';
import { readToken } from './token.ts';
import { messagePortWire, webSocketWire, WireRefused } from './wire.ts';
import type { Connection, Wire } from './wire.ts';
import { startWork } from './work-in-progress.ts';

export type BackendClient = ContractRouterClient<typeof contract>;

/**
 * connecting: the first connection is being made; open; reconnecting: it was lost (`since`: ms since 1970);
 * refused: it will not work from this window, `advice` says what to do.
 */
export type ConnectionState =
  | { readonly state: 'connecting' }
  | { readonly state: 'open'; readonly generation: number }
  | { readonly state: 'reconnecting'; readonly since: number }
  | { readonly state: 'refused'; readonly advice: string };

/** A call was under way when the connection broke. Whether it took effect is unknown; reads are repeated by themselves. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  constructor() {
    super('The connection to the backend was lost while it worked on this.');
  }
}

const firstDelayMs = 150;
const longestDelayMs = 5_000;

let state: ConnectionState = { state: 'connecting' };
let current: Connection | undefined;
let generation = 0;
let waiters: (() => void)[] = [];
/** Calls under way per connection: an old one that closes late must not take the calls of its successor with it. */
const pending = new WeakMap<Connection, Set<(reason: Error) => void>>();
const listeners = new Set<() => void>();

function setState(next: ConnectionState): void {
  state = next;
  for (const listener of listeners) listener();
}

function wakeWaiters(): void {
  const woken = waiters;
  waiters = [];
  for (const wake of woken) wake();
}

function adopt(connection: Connection): void {
  const calls = new Set<(reason: Error) => void>();
  pending.set(connection, calls);
  current = connection;
  generation += 1;
  setState({ state: 'open', generation });
  wakeWaiters();
  void connection.closed.then(() => {
    if (current === connection) current = undefined;
    pending.delete(connection);
    for (const reject of calls) reject(new ConnectionLost());
  });
}

/** Settles as the call does, or rejects when the connection breaks. A settled call leaves nothing behind. */
function untilLost<T>(connection: Connection, call: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const calls = pending.get(connection);
    calls?.add(reject);
    call.then(resolve, reject).finally(() => calls?.delete(reject));
  });
}

/** Keeps one connection open for as long as the page lives. */
async function keepConnected(wire: Wire): Promise<void> {
  wire.onOffer(adopt);
  let delay = firstDelayMs;
  for (;;) {
    if (current !== undefined) {
      await current.closed;
      // A restarted backend may already have offered the next one.
      if (current !== undefined) continue;
      setState({ state: 'reconnecting', since: Date.now() });
    }
    try {
      adopt(await wire.connect());
      delay = firstDelayMs;
    } catch (error) {
      if (error instanceof WireRefused) {
        setState({ state: 'refused', advice: error.message });
        wakeWaiters();
        return;
      }
      if (state.state !== 'reconnecting') setState({ state: 'reconnecting', since: Date.now() });
      await sleep(delay);
      delay = Math.min(delay * 2, longestDelayMs);
    }
  }
}

async function openConnection(signal: AbortSignal | undefined): Promise<Connection> {
  while (current === undefined) {
    if (state.state === 'refused') throw new WireRefused(state.advice);
    signal?.throwIfAborted();
    await new Promise<void>((resolve) => {
      waiters.push(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  return current;
}

/** Calls wait for a connection, and are rejected when it breaks under them. */
const link: ClientLink<ClientContext> = {
  async call(path: readonly string[], input: unknown, options: ClientOptions<ClientContext>): Promise<unknown> {
    // The streams of changes and takes are open all the time: they are no work.
    const done = path[1] === 'changes' || path[1] === 'watch' ? undefined : startWork(`call ${path.join('.')}`);
    try {
      const connection = await openConnection(options.signal);
      return await untilLost(connection, connection.link.call(path, input, options));
    } finally {
      done?.();
    }
  },
};

/** Every call of the contract, typed. Errors of the contract arrive as ORPCError with `code` and `data.advice`. */
export const backend: BackendClient = createORPCClient(link);

export function connectionState(): ConnectionState {
  return state;
}

export function onConnectionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConnectionState(): ConnectionState {
  return useSyncExternalStore(onConnectionChange, connectionState);
}

/** Starts connecting: over the desktop window's message port, else over the WebSocket of the host that served the page. */
export function startBackendConnection(): void {
  const bridge = windowBridge();
  if (bridge !== undefined) {
    void keepConnected(messagePortWire(bridge));
    return;
  }
  const token = readToken();
  if (token === undefined) {
    setState({
      state: 'refused',
      advice: 'This address carries no token. Open the address that “retake serve” printed when it started.',
    });
    wakeWaiters();
    return;
  }
  void keepConnected(webSocketWire(`ws://${window.location.host}/rpc`, token));
}
