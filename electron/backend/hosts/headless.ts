import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Backend } from '../backend.ts';
import { listen } from '../base/listen.ts';
import { isOwnHost, isOwnOrigin, isToken, tokenOfHandshake } from '../base/loopback.ts';
import { resolveStaticFile, securityHeaders, sendStaticFile } from './static-files.ts';
import { receiveUpload } from './upload.ts';

/**
 * The backend in a browser: static files of the window, the contract over WebSocket, uploads. Loopback only.
 *
 * Handshake, for the window:
 * 1. The page is loaded from `http://127.0.0.1:PORT/#token=TOKEN`. The fragment never travels over the wire; the page takes
 *    the token out of it, keeps it in sessionStorage (so that a reload works) and removes it from the address bar.
 * 2. It opens `new WebSocket('ws://' + location.host + '/rpc', ['retake', TOKEN])`; the answer selects `retake`. The
 *    oRPC websocket RPCLink runs over it (JSON text frames). Refusals, before the upgrade: 421 foreign Host, 403 foreign or
 *    missing Origin, 401 wrong token, 404 other path.
 * 3. A dropped file: `PUT /upload/<encodeURIComponent(name)>` with header `x-retake-token: TOKEN` and the file as body; the answer
 *    is NDJSON, one ImportEvent per line, last `done` or `{"type":"failed","message"}`. Refusals as above.
 * 4. Close code 1001 means that the host is shutting down; reconnecting with the same token works until the process ends.
 */
export interface HeadlessHost {
  /** Without the token: what may be shown and logged. */
  readonly address: string;
  /** With the token in the fragment: what is printed for the user. */
  readonly url: string;
  /**
   * An address that leads to `url` once: what a browser is started with. Arguments of a process can be read by every user
   * of the machine, so the token must not be among them.
   */
  openingUrl(): string;
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

export interface HeadlessOptions {
  /** 0 = any free port. A busy port rejects with EADDRINUSE. */
  readonly port: number;
  readonly backend: Backend;
  /** The built window (`dist/renderer`). */
  readonly rendererDirectory: string;
}

/** `files.importText` carries up to 64 Mi characters, which JSON escapes can double. */
const maximumFrameBytes = 160 * 1024 * 1024;
/** A tunnel that went away silently is noticed after two of these. */
const heartbeatMs = 30_000;
const closePatienceMs = 2_000;

export async function startHeadlessHost(options: HeadlessOptions): Promise<HeadlessHost> {
  const token = randomBytes(32).toString('base64url');
  const tickets = new Set<string>();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumFrameBytes,
    perMessageDeflate: false,
    handleProtocols: () => 'retake',
  });
  const rpc = new RPCHandler(options.backend.router);
  const server = createServer((request, response) => {
    if (!redeemTicket(tickets, token, request, response))
      handleRequest(options, token, request, response).catch(() => response.destroy());
  });
  server.on('upgrade', (request, socket, head) => {
    const refusal = refuseUpgrade(request, token);
    if (refusal !== undefined) return refuse(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // A frame that is too large or malformed ends this connection, not the process.
      webSocket.on('error', () => webSocket.terminate());
      sockets.emit('connection', webSocket, request);
      void rpc.upgrade(webSocket);
    });
  });
  const heartbeat = keepAlive(sockets);
  const port = await listen(server, options.port);
  const address = `http://127.0.0.1:${port}/`;
  const url = `${address}#token=${token}`;
  return {
    address,
    url,
    port,
    token,
    openingUrl() {
      const ticket = randomBytes(16).toString('base64url');
      tickets.add(ticket);
      return `${address}open/${ticket}`;
    },
    async close() {
      clearInterval(heartbeat);
      for (const client of sockets.clients) client.close(1001, 'Retake is closing');
      await new Promise<void>((resolve) => {
        const impatient = setTimeout(() => {
          for (const client of sockets.clients) client.terminate();
          server.closeAllConnections();
        }, closePatienceMs);
        server.close(() => {
          clearTimeout(impatient);
          resolve();
        });
        server.closeIdleConnections();
      });
      sockets.close();
    },
  };
}

/** True when the request was for a ticket, good or not. */
function redeemTicket(
  tickets: Set<string>,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const ticket = /^\/open\/([\w-]+)$/.exec(request.url ?? '')?.[1];
  if (ticket === undefined || request.method !== 'GET') return false;
  if (!isOwnHost(request) || !tickets.delete(ticket)) {
    answer(response, 410, 'This link works once. Open the address that Retake printed.');
    return true;
  }
  response.writeHead(302, { ...securityHeaders, location: `/#token=${token}`, 'cache-control': 'no-store' });
  response.end();
  return true;
}

async function handleRequest(
  options: HeadlessOptions,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isOwnHost(request)) return answer(response, 421, 'Retake answers on 127.0.0.1 and localhost only.');
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname.startsWith('/upload/')) {
    if (request.method !== 'PUT') return answer(response, 405, 'Files are uploaded with PUT.');
    if (!isOwnOrigin(request)) return answer(response, 403, 'This page may not upload to Retake.');
    if (!isToken(header(request, 'x-retake-token'), token))
      return answer(response, 401, 'The token is missing or wrong: open the address that `retake serve` printed.');
    return receiveUpload(options.backend, decodeName(pathname.slice('/upload/'.length)), request, response);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'Only GET is served here.');
  const file = await resolveStaticFile(options.rendererDirectory, pathname);
  if (file === undefined)
    return answer(
      response,
      404,
      pathname === '/' ? 'The window is not built: run `npm run build`.' : 'There is no such file.',
    );
  sendStaticFile(response, file, request.method === 'HEAD');
}

function refuseUpgrade(request: IncomingMessage, token: string): string | undefined {
  if (!isOwnHost(request)) return '421 Misdirected Request';
  if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/rpc') return '404 Not Found';
  if (!isOwnOrigin(request)) return '403 Forbidden';
  if (!isToken(tokenOfHandshake(request), token)) return '401 Unauthorized';
  return undefined;
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${message}\n`);
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text).slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}

function keepAlive(sockets: WebSocketServer): NodeJS.Timeout {
  const alive = new WeakSet<WebSocket>();
  sockets.on('connection', (client) => alive.add(client));
  const timer = setInterval(() => {
    for (const client of sockets.clients) {
      if (!alive.delete(client)) {
        client.terminate();
        continue;
      }
      client.once('pong', () => alive.add(client));
      client.ping();
    }
  }, heartbeatMs);
  timer.unref();
  return timer;
}
