import { IncomingMessage, ServerResponse } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { nanos } from '../../../../../shared/model/units.ts';
import { createSecrets } from '../../../base/secrets.ts';
import type { Secrets } from '../../../base/secrets.ts';
import type { ProviderPrefix } from '../upstreams.ts';
import { readCall } from './call.ts';
import type { GivenCall } from './call.ts';

export interface TestRequest {
  readonly method?: string;
  readonly prefix?: ProviderPrefix;
  readonly path?: string;
  readonly headers?: IncomingHttpHeaders;
  readonly body?: string;
  readonly secrets?: Secrets;
}

export const chat = (content: string, more: object = {}): string =>
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more });

/** A call that came over no connection: what is written to it goes nowhere. */
export function testCall({
  method = 'POST',
  prefix = 'openai',
  path = '/v1/chat/completions',
  headers = {},
  body = chat('hello'),
  secrets = createSecrets({}),
}: TestRequest = {}): GivenCall {
  const request = new IncomingMessage(new Socket());
  request.method = method;
  Object.assign(request.headers, headers);
  const response = new ServerResponse(request);
  return readCall({ prefix, path, request, body: Buffer.from(body), response }, 3, { secrets, now: () => nanos(7n) });
}
