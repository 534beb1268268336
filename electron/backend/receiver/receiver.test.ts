import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { credentials, Client } from '@grpc/grpc-js';
import type { ChannelOptions } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { BadRequest, LibraryUnavailable } from '../base/faults.ts';
import { createReceiver } from './receiver.ts';
import type { ReceivedRequest, ReceivedResult, Receiver } from './receiver.ts';

const open: Receiver[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()));
});

async function start(
  ingest: (request: ReceivedRequest) => Promise<ReceivedResult> = async () => ({ rejected: 0, message: undefined }),
) {
  const requests: ReceivedRequest[] = [];
  const receiver = await createReceiver({
    host: '127.0.0.1',
    httpPort: 0,
    grpcPort: 0,
    ingest: (request) => {
      requests.push(request);
      return ingest(request);
    },
  });
  open.push(receiver);
  const [http, grpc] = receiver.listeners;
  return { requests, httpPort: http!.port!, grpcPort: grpc!.port! };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

function post(
  port: number,
  path: string,
  body: Buffer | string,
  headers: Record<string, string>,
  method = 'POST',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };

test('JSON and protobuf arrive on one port, plain, gzip and zstd, with the answer in the same encoding', async () => {
  const { requests, httpPort } = await start();
  const plain = await post(httpPort, '/v1/traces', '{"resourceSpans":[]}', {
    ...json,
    'content-type': 'application/json; charset=utf-8',
  });
  expect([plain.status, plain.headers['content-type'], plain.body.toString()]).toEqual([200, 'application/json', '{}']);
  const zipped = await post(httpPort, '/v1/logs/', gzipSync('abc'), { ...protobuf, 'content-encoding': 'gzip' });
  expect([zipped.status, zipped.headers['content-type'], zipped.body.length]).toEqual([
    200,
    'application/x-protobuf',
    0,
  ]);
  await post(httpPort, '/v1/metrics', zstdCompressSync(Buffer.from('def')), {
    ...protobuf,
    'content-encoding': 'zstd',
  });
  await post(httpPort, '/api/public/otel/v1/traces', 'langfuse', json);
  expect(requests.map((request) => [request.signal, request.encoding, request.body.toString()])).toEqual([
    ['traces', 'json', '{"resourceSpans":[]}'],
    ['logs', 'protobuf', 'abc'],
    ['metrics', 'protobuf', 'def'],
    ['traces', 'json', 'langfuse'],
  ]);
});

test('partial success names what was rejected, in both encodings', async () => {
  const { httpPort } = await start(async () => ({ rejected: 2, message: '2 spans have no id' }));
  const asJson = await post(httpPort, '/v1/traces', '{}', json);
  expect(JSON.parse(asJson.body.toString())).toEqual({
    partialSuccess: { rejectedSpans: '2', errorMessage: '2 spans have no id' },
  });
  const asProtobuf = await post(httpPort, '/v1/traces', 'x', protobuf);
  expect(asProtobuf.body).toEqual(
    Buffer.concat([Buffer.from([0x0a, 22, 0x08, 2, 0x12, 18]), Buffer.from('2 spans have no id')]),
  );
});

test('a body over 64 MiB is refused with 413, declared, streamed or hidden in a gzip bomb', async () => {
  const { requests, httpPort } = await start();
  const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024));
  expect(bomb.length).toBeLessThan(200_000);
  const answer = await post(httpPort, '/v1/traces', bomb, { ...json, 'content-encoding': 'gzip' });
  expect(answer.status).toBe(413);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 8 });
  const declared = await post(httpPort, '/v1/traces', '', {
    ...json,
    'content-length': String(65 * 1024 * 1024),
  }).catch(() => undefined);
  expect(declared?.status ?? 413).toBe(413);
  expect(requests).toHaveLength(0);
});

test('faults have their own answers, and the message says what to do', async () => {
  const { httpPort } = await start(async (request) => {
    if (request.body.length === 0) throw new BadRequest('empty');
    throw new LibraryUnavailable('The disk is full.', 7);
  });
  const full = await post(httpPort, '/v1/traces', 'x', json);
  expect([full.status, full.headers['retry-after'], JSON.parse(full.body.toString())]).toEqual([
    503,
    '7',
    { code: 14, message: 'The disk is full.' },
  ]);
  expect((await post(httpPort, '/v1/traces', '', json)).status).toBe(400);
  expect((await post(httpPort, '/v1/traces', 'not gzip', { ...json, 'content-encoding': 'gzip' })).status).toBe(400);
  expect((await post(httpPort, '/v1/traces', 'x', { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await post(httpPort, '/v1/traces', 'x', { ...json, 'content-encoding': 'compress' })).status).toBe(415);
  expect((await post(httpPort, '/v1/traces', '', json, 'GET')).status).toBe(405);
  expect((await post(httpPort, '/api', 'x', json)).body.toString()).toContain('/v1/traces');
});

test('a foreign Host or a page of another site gets nothing; a local page gets its CORS answer', async () => {
  const { requests, httpPort } = await start();
  expect((await post(httpPort, '/v1/traces', '{}', { ...json, host: 'evil.example:4318' })).status).toBe(421);
  expect((await post(httpPort, '/v1/traces', '{}', { ...json, origin: 'https://evil.example' })).status).toBe(403);
  expect((await post(httpPort, '/v1/traces', '', { origin: 'https://evil.example' }, 'OPTIONS')).status).toBe(403);
  expect(requests).toHaveLength(0);
  const preflight = await post(
    httpPort,
    '/v1/traces',
    '',
    { origin: 'http://localhost:3000', 'access-control-request-headers': 'content-type' },
    'OPTIONS',
  );
  expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, 'http://localhost:3000']);
});

test("vendors' own clients: LangSmith's learn what is taken and send runs as JSON or in parts; all are answered after the commit", async () => {
  let fail: Error | undefined;
  const { requests, httpPort } = await start(async () => {
    if (fail) throw fail;
    return { rejected: 0, message: undefined };
  });
  const info = await post(httpPort, '/info', '', {}, 'GET');
  expect([info.status, JSON.parse(info.body.toString())]).toEqual([
    200,
    expect.objectContaining({
      batch_ingest_config: expect.objectContaining({ use_multipart_endpoint: true }) as unknown,
    }),
  ]);
  const parts = { 'content-type': 'multipart/form-data; boundary=x', 'x-api-key': 'ignored' };
  const multipart = await post(httpPort, '/runs/multipart', zstdCompressSync(Buffer.from('--x')), {
    ...parts,
    'content-encoding': 'zstd',
  });
  expect([multipart.status, multipart.body.toString()]).toEqual([202, '{}']);
  expect((await post(httpPort, '/runs/batch', '{"post":[]}', json)).status).toBe(202);
  expect((await post(httpPort, '/v1/traces/ingest', '{"data":[]}', json)).status).toBe(200);
  expect((await post(httpPort, '/runs', '{"id":"a"}', json)).status).toBe(202);
  const run = '/runs/01a22a1e-37af-717c-b471-6f5a44cdfdfe';
  for (const body of ['{"outputs":{}}', '{}', 'x'])
    expect((await post(httpPort, run, body, json, 'PATCH')).status).toBe(202);
  const langfuse = await post(httpPort, '/api/public/ingestion', '{"batch":[]}', json);
  expect([langfuse.status, langfuse.body.toString()]).toEqual([207, '{"successes":[],"errors":[]}']);
  expect(requests.map(({ encoding, body }) => [encoding, body.toString()])).toEqual([
    ['langsmith', '--x'],
    ['langsmith', '{"post":[]}'],
    ['openai-agents', '{"data":[]}'],
    ['langsmith', '{"id":"a"}'],
    ['langsmith', '{"patch":[{"id":"01a22a1e-37af-717c-b471-6f5a44cdfdfe","outputs":{}}]}'],
    ['langsmith', '{"patch":[{"id":"01a22a1e-37af-717c-b471-6f5a44cdfdfe"}]}'],
    ['langsmith', '{"patch":[x]}'],
    ['langfuse', '{"batch":[]}'],
  ]);
  const refused = [
    await post(httpPort, '/runs/batch', '{}', { 'content-type': 'text/plain' }),
    await post(httpPort, '/runs/multipart', '--x', { ...parts, origin: 'https://evil.example' }),
    await post(httpPort, '/runs/multipart', '--x', { ...parts, origin: 'null' }),
    await post(httpPort, '/runs/multipart', '--x', { ...parts, host: 'evil.example' }),
    await post(httpPort, '/info', '', { host: 'evil.example' }, 'GET'),
    await post(httpPort, '/runs/batch', '', json, 'GET'),
    await post(httpPort, '/runs/batch', '{}', json, 'PATCH'),
    await post(httpPort, run, '{}', json),
  ];
  expect(refused.map(({ status }) => status)).toEqual([415, 403, 403, 421, 421, 405, 405, 404]);
  expect(requests).toHaveLength(8);
  fail = new LibraryUnavailable('The disk is full.', 7);
  const full = await post(httpPort, '/runs/multipart', '--x', parts);
  expect([full.status, full.headers['retry-after']]).toEqual([503, '7']);
  fail = new BadRequest('no runs');
  expect((await post(httpPort, '/runs/batch', '{}', json)).status).toBe(400);
});

test('gRPC takes the three services, with gzip, and maps errors to retryable and final codes', async () => {
  let fail: Error | undefined;
  const { requests, grpcPort } = await start(async () => {
    if (fail) throw fail;
    return { rejected: 0, message: undefined };
  });
  const call = (service: string, body: Buffer, options: ChannelOptions = {}) =>
    new Promise<number>((resolve) => {
      const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure(), options);
      client.makeUnaryRequest(
        `/opentelemetry.proto.collector.${service}/Export`,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        body,
        (error) => {
          client.close();
          resolve(error?.code ?? 0);
        },
      );
    });
  expect(await call('trace.v1.TraceService', Buffer.from('abc'))).toBe(0);
  expect(
    await call('logs.v1.LogsService', Buffer.alloc(100_000, 'z'), { 'grpc.default_compression_algorithm': 2 }),
  ).toBe(0);
  expect(requests.map((request) => [request.signal, request.encoding, request.body.length])).toEqual([
    ['traces', 'protobuf', 3],
    ['logs', 'protobuf', 100_000],
  ]);
  fail = new LibraryUnavailable('full');
  expect(await call('trace.v1.TraceService', Buffer.from('abc'))).toBe(14);
  fail = new BadRequest('bad');
  expect(await call('metrics.v1.MetricsService', Buffer.from('abc'))).toBe(3);
});

test('a busy port is left to its owner: both listeners move to free ones and say who holds it and what to copy', async () => {
  const holder = createServer();
  const busy = await new Promise<number>((resolve) =>
    holder.listen(0, '127.0.0.1', () => resolve((holder.address() as { port: number }).port)),
  );
  const receiver = await createReceiver({
    host: '127.0.0.1',
    httpPort: busy,
    grpcPort: busy,
    ingest: async () => ({ rejected: 0, message: undefined }),
  });
  open.push(receiver);
  holder.close();
  expect(receiver.listeners).toHaveLength(2);
  for (const state of receiver.listeners) {
    expect(state.state).toBe('listening');
    expect(state.port).not.toBe(busy);
    expect(state.problem).toContain(`Port ${busy} is held by`);
    expect(state.setting).toContain(`http://127.0.0.1:${state.port}`);
  }
  if (process.platform === 'linux') expect(receiver.listeners[0]?.problem).toContain(`node (pid ${process.pid})`);
});
