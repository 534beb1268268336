import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { wordsOf } from '../../../../shared/words-of.ts';
import { readBody, RequestRefused } from '../../base/http-body.ts';
import { listen } from '../../base/listen.ts';
import { isOwnHost, isToken } from '../../base/loopback.ts';
import { createCallHandler } from './handle-call.ts';
import type { CallHandlerOptions } from './handle-call.ts';
import { providerPrefixes } from './upstreams.ts';
import type { ProviderPrefix } from './upstreams.ts';

/** The loopback server that one run's agent takes for its model provider. */
export interface Gateway {
  /** `http://127.0.0.1:<port>/r/<token>`; a provider's prefix follows. Whoever does not know the token gets nothing. */
  readonly url: string;
  /** Requests that were answered so far: an agent that never comes here does not use the gateway. */
  readonly requests: number;
  /** Ends open requests, then the server. */
  close(): Promise<void>;
}

const tokenBytes = 16;

export interface GatewayOptions extends CallHandlerOptions {
  /** Asked by what stands before the agent's tools, at `<url>/tools`. */
  readonly tools?: SideDoor | undefined;
}

/** What answers below a path of its own on the gateway's port, behind the same token. */
export interface SideDoor {
  /** `path` below the door's own. Resolves when the answer is there, however long that takes. */
  answer(method: string, path: string, body: Buffer): Promise<{ readonly status: number; readonly body: string }>;
  /** The run has ended: whoever waits is told so. */
  abort(): void;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const token = randomBytes(tokenBytes).toString('hex');
  const handler = createCallHandler(options);
  const open = new Set<Promise<void>>();
  let requests = 0;

  const server = createServer((request, response) => {
    const work = answer(request, response)
      .catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({
            error: {
              message: `Retake's gateway failed: ${wordsOf(error)}`,
              type: 'server_error',
            },
          }),
        );
      })
      .finally(() => open.delete(work));
    open.add(work);
  });
  // Between two calls an agent may think for long; a connection that is closed just as it is used again loses a call.
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  // Codex falls back to HTTP on this answer (FACTS.md, Clients behind the gateway).
  server.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
  );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const place = placeOf(request, token);
    if (!place || !comesFromAProgram(request)) {
      request.resume();
      response.writeHead(404, { 'content-length': 0 }).end();
      return;
    }
    if (place.prefix !== 'tools') requests++;
    let body: Buffer;
    try {
      body = await readBody(request, () => undefined);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      response
        .writeHead(error.status, { 'content-type': 'application/json', connection: 'close' })
        .end(JSON.stringify({ error: { message: error.message, type: 'invalid_request_error' } }));
      return;
    }
    if (place.prefix === 'tools') {
      const answered = (await options.tools?.answer(request.method ?? 'GET', place.path, body)) ?? {
        status: 404,
        body: '{}',
      };
      response
        .writeHead(answered.status, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(answered.body),
        })
        .end(answered.body);
      return;
    }
    await handler.handle({ prefix: place.prefix, path: place.path, request, body, response });
  }

  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/r/${token}`,
    get requests() {
      return requests;
    },
    async close() {
      server.close();
      handler.abort();
      options.tools?.abort();
      await Promise.all(open);
      server.closeAllConnections();
    },
  };
}

interface Place {
  readonly prefix: ProviderPrefix | 'tools';
  /** Path and query below the prefix, as the client wrote them. */
  readonly path: string;
}

function placeOf(request: IncomingMessage, token: string): Place | undefined {
  if (!isOwnHost(request)) return undefined;
  const match = /^\/r\/([^/]*)\/([a-z]+)(\/.*)?$/s.exec(request.url ?? '');
  if (!match || !isToken(match[1], token)) return undefined;
  const prefix = match[2] === 'tools' ? 'tools' : providerPrefixes.find((name) => name === match[2]);
  return prefix && { prefix, path: match[3] ?? '/' };
}

/** Browsers name the page that sends a request; programs do not. Node's own fetch sends `sec-fetch-mode`, and nothing more. */
function comesFromAProgram({ headers }: IncomingMessage): boolean {
  return (
    headers.origin === undefined && headers['sec-fetch-site'] === undefined && headers['sec-fetch-dest'] === undefined
  );
}
