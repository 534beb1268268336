import type { ClientContext, ClientLink } from '@orpc/client';
import { RPCLink as MessagePortLink } from '@orpc/client/message-port';
import { RPCLink as WebSocketLink } from '@orpc/client/websocket';
import { lostMessage, portMessage } from '../../../shared/window-bridge.ts';
import type { WindowBridge } from '../../../shared/window-bridge.ts';

/** One open connection to the backend. `closed` resolves (never rejects) when it is gone. */
export interface Connection {
  readonly link: ClientLink<ClientContext>;
  readonly closed: Promise<void>;
}

/** A way to reach the backend: the message port of the desktop window, or the headless host's WebSocket. */
export interface Wire {
  readonly name: 'message-port' | 'web-socket';
  /** Rejects when the backend cannot be reached now, or (WireRefused) when it never will be from here. */
  connect(): Promise<Connection>;
  /** Calls back when the other side offers a new connection by itself (the backend was restarted). */
  onOffer(listener: (connection: Connection) => void): void;
}

/** The other side answers, but not to this window: waiting does not help. `message` says what to do. */
export class WireRefused extends Error {
  override readonly name = 'WireRefused';
}

const portPatienceMs = 10_000;

export function messagePortWire(bridge: WindowBridge): Wire {
  let waiting: ((connection: Connection) => void) | undefined;
  let offered: ((connection: Connection) => void) | undefined;

  /** Of all ports to the backend that runs now: it may have been asked for one and have offered another. */
  let lost = Promise.withResolvers<void>();

  window.addEventListener('message', (event) => {
    if (event.source === window && event.data === lostMessage) {
      lost.resolve();
      lost = Promise.withResolvers();
    }
    const port = event.ports[0];
    if (event.source !== window || event.data !== portMessage || port === undefined) return;
    const connection = fromPort(port, lost.promise);
    if (waiting === undefined) offered?.(connection);
    else waiting(connection);
    waiting = undefined;
  });

  return {
    name: 'message-port',
    connect: () =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting = undefined;
          reject(new Error('The backend did not hand over a connection.'));
        }, portPatienceMs);
        waiting = (connection) => {
          clearTimeout(timer);
          resolve(connection);
        };
        bridge.ready();
      }),
    onOffer(listener) {
      offered = listener;
    },
  };
}

function fromPort(port: MessagePort, lost: Promise<void>): Connection {
  const link = new MessagePortLink({ port });
  const closed = new Promise<void>((resolve) => port.addEventListener('close', () => resolve()));
  port.start();
  return { link, closed: Promise.race([closed, lost]) };
}

/** `token` goes as the second subprotocol: headers cannot be set from a page, and a URL would end up in logs. */
export function webSocketWire(url: string, token: string): Wire {
  return {
    name: 'web-socket',
    onOffer: () => undefined,
    async connect() {
      const socket = new WebSocket(url, ['retake', token]);
      // Blobs would be read one by one and asynchronously: messages could overtake each other.
      socket.binaryType = 'arraybuffer';
      const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
      const opened = new Promise<boolean>((resolve) => {
        socket.addEventListener('open', () => resolve(true));
        socket.addEventListener('close', () => resolve(false));
      });
      if (await opened) return { link: new WebSocketLink({ websocket: socket }), closed };
      // A page cannot see why a handshake failed: the host that answers plain HTTP but not this refused the token.
      if (await answersHttp())
        throw new WireRefused(
          'This address does not carry a valid token. Open the address that “retake serve” printed when it started.',
        );
      throw new Error('The backend is not running.');
    },
  };
}

async function answersHttp(): Promise<boolean> {
  try {
    await fetch(window.location.pathname, { method: 'HEAD', cache: 'no-store' });
    return true;
  } catch {
    return false;
  }
}
