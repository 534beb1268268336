import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * Who may talk to a server on loopback. A page from elsewhere can reach a loopback port (simple requests, DNS rebinding),
 * so the name it was reached by, the page it came from and a secret are all checked (FACTS.md, Loopback).
 */

/** Any port: through an SSH tunnel the browser sees another one. A rebound name is what is refused. */
const ownNames = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

export function isOwnHost(request: IncomingMessage): boolean {
  return ownNames.test(request.headers.host ?? '');
}

/** Whether a page with this `Origin` was loaded from this machine, by whatever program and port. */
export function isLoopbackOrigin(origin: string): boolean {
  try {
    return ownNames.test(new URL(origin).host);
  } catch {
    return false;
  }
}

/** The page that sends the request was loaded from this host. Browsers name the origin on every WebSocket and every PUT. */
export function isOwnOrigin(request: IncomingMessage): boolean {
  return isOwnHost(request) && request.headers.origin === `http://${request.headers.host}`;
}

/** Compares without telling by its time how much was right. */
export function isToken(given: string | undefined, token: string): boolean {
  const left = Buffer.from(given ?? '');
  const right = Buffer.from(token);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The token of a WebSocket handshake: the second of the subprotocols `retake, <token>`. */
export function tokenOfHandshake(request: IncomingMessage): string | undefined {
  const [protocol, token] = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return protocol === 'retake' ? token : undefined;
}
