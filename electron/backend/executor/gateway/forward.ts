import { request as requestHttp } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface ForwardRequest {
  readonly target: URL;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

/** Belong to one connection (RFC 9110 7.6.1), or are set anew. */
const ownToConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'content-encoding',
  'accept-encoding',
  'expect',
]);

/** Sends the request on; resolves with the answer's head, its body still to be read. Redirects are not followed. */
export function forward({ target, method, headers, body, signal }: ForwardRequest): Promise<IncomingMessage> {
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = send(
      target,
      {
        method,
        signal,
        headers: {
          ...passedOn(headers),
          'accept-encoding': 'identity',
          ...(body.length > 0 ? { 'content-length': body.length } : {}),
        },
      },
      resolve,
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export function passedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== undefined && !ownToConnection.has(name)),
  );
}

/** What the client gets of the provider's headers: all that is not of the connection; cookies stay here. */
export function answerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const { 'set-cookie': _cookies, ...rest } = headers;
  return passedOn(rest);
}
