import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { wordsOf } from '../../../shared/words-of.ts';
import { BadRequest, LibraryUnavailable } from '../base/faults.ts';
import { readBody, RequestRefused } from '../base/http-body.ts';
import { listen } from '../base/listen.ts';
import { isLoopbackOrigin, isOwnHost } from '../base/loopback.ts';
import type { BodiesInFlight } from './bodies-in-flight.ts';
import { listenOrMove } from './listen.ts';
import { statusJson, statusProtobuf, successJson, successProtobuf } from './otlp-response.ts';
import type { Door, Listener, ReceivedResult, ReceiverOptions, Signal } from './request.ts';

const signals = new Map<string, Signal>([
  ['/v1/traces', 'traces'],
  ['/v1/logs', 'logs'],
  ['/v1/metrics', 'metrics'],
  // Where the Langfuse SDKs send, given LANGFUSE_BASE_URL: the same OTLP under a path of their own.
  ['/api/public/otel/v1/traces', 'traces'],
]);
/** Where the clients of other vendors send, given this endpoint as theirs. */
const doorPaths = new Map<string, DoorPath>([
  // LANGFUSE_BASE_URL (LANGFUSE_HOST), for clients of before OpenTelemetry. They look for errors in an answer of 207. Source: langfuse-python 2, `langfuse/request.py`.
  [
    '/api/public/ingestion',
    { door: 'langfuse', types: ['application/json'], status: 207, answer: { successes: [], errors: [] } },
  ],
  // LANGSMITH_ENDPOINT, and one run at a time where a client does not batch.
  ['/runs', { door: 'langsmith', types: ['application/json'], status: 202 }],
  // LANGSMITH_ENDPOINT. Source: langsmith-sdk `python/langsmith/client.py`; its server answers 202.
  ['/runs/batch', { door: 'langsmith', types: ['application/json'], status: 202 }],
  ['/runs/multipart', { door: 'langsmith', types: ['multipart/form-data'], status: 202 }],
  // The endpoint of the OpenAI Agents SDK's exporter. Source: openai-agents-python `tracing/processors.py`.
  ['/v1/traces/ingest', { door: 'openai-agents', types: ['application/json'], status: 200 }],
]);
/**
 * What LangSmith's clients ask before they send. One thread at a time, so that the end of a run comes after its beginning. Its client for
 * Python complains where zstd is not taken.
 */
const langsmithInfo = JSON.stringify({
  version: '0.0.0-retake',
  batch_ingest_config: {
    use_multipart_endpoint: true,
    size_limit: 100,
    size_limit_bytes: 20 * 1024 * 1024,
    scale_up_nthreads_limit: 1,
    scale_up_qsize_trigger: 1_000,
    scale_down_nempty_trigger: 4,
  },
  instance_flags: { zstd_compression_enabled: true },
});

interface DoorPath {
  readonly door: Door;
  readonly types: readonly string[];
  readonly status: number;
  /** What its client looks for in the answer. */
  readonly answer?: Readonly<Record<string, unknown>>;
  /** The run that an update is of: its body need not name it. */
  readonly updates?: string;
}

/** LangSmith's clients that do not batch say how a run ended by `PATCH /runs/ID`. */
function doorOf(method: string | undefined, path: string): DoorPath | undefined {
  const id = /^\/runs\/([0-9a-f-]{36})$/i.exec(path)?.[1];
  return id === undefined
    ? doorPaths.get(path)
    : method === 'PATCH' || method === 'OPTIONS'
      ? { door: 'langsmith', types: ['application/json'], status: 202, updates: id }
      : undefined;
}

/** The update of a run as a batch of one has it. */
function asUpdate(id: string, body: Buffer): Buffer {
  const text = body.toString('utf8').trim();
  const rest = /^\{\s*\}$/.test(text) ? '}' : `,${text.slice(1)}`;
  return Buffer.from(`{"patch":[${text.startsWith('{') ? `{"id":"${id}"${rest}` : text}]}`);
}

// google.rpc.Code
const invalidArgument = 3;
const unimplemented = 12;
const internal = 13;
const unavailable = 14;
const resourceExhausted = 8;
const permissionDenied = 7;

/** OTLP/HTTP: protobuf and JSON on one port, chosen by Content-Type. */
export async function startHttpListener(options: ReceiverOptions, bodies: BodiesInFlight): Promise<Listener> {
  const wantedPort = options.httpPort;
  if (wantedPort === undefined) {
    return {
      state: { protocol: 'http', state: 'off', host: options.host, wantedPort: 0 },
      close: async () => undefined,
    };
  }
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      refuse(request, response, 500, internal, wordsOf(error));
    });
  });
  server.keepAliveTimeout = 60_000;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const origin = request.headers.origin;
    if (!isOwnHost(request))
      return refuse(
        request,
        response,
        421,
        permissionDenied,
        'This endpoint answers only requests addressed to this machine (Host must be 127.0.0.1 or localhost).',
      );
    if (origin !== undefined && !isLoopbackOrigin(origin))
      return refuse(
        request,
        response,
        403,
        permissionDenied,
        `Pages of ${origin} may not send telemetry to Retake: only pages served from this machine may.`,
      );
    if (origin !== undefined) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Vary', 'Origin');
    }
    const path = (request.url ?? '/').replace(/\?.*$/, '').replace(/(.)\/+$/, '$1');
    const signal = signals.get(path);
    const door = doorOf(request.method, path);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, {
        'Access-Control-Allow-Methods': 'POST, PATCH',
        'Access-Control-Allow-Headers': request.headers['access-control-request-headers'] ?? 'content-type',
        'Access-Control-Max-Age': '600',
      });
      response.end();
      return;
    }
    if (path === '/info' && request.method === 'GET') return send(response, 200, 'application/json', langsmithInfo);
    if (!signal && !door)
      return refuse(
        request,
        response,
        404,
        unimplemented,
        `Nothing is served at ${path}. OTLP goes to /v1/traces, /v1/logs or /v1/metrics; set OTEL_EXPORTER_OTLP_ENDPOINT (without a path) rather than a per-signal URL. LangSmith's clients send to /runs, /runs/batch and /runs/multipart, Langfuse's to /api/public/ingestion and /api/public/otel: set LANGSMITH_ENDPOINT or LANGFUSE_BASE_URL to this address without a path.`,
      );
    if (request.method !== (door?.updates === undefined ? 'POST' : 'PATCH'))
      return refuse(request, response, 405, unimplemented, `${path} takes POST requests.`, {
        Allow: 'POST, OPTIONS',
      });
    const encoding = door ? (door.types.includes(contentType(request)) ? door.door : undefined) : encodingOf(request);
    if (!encoding)
      return refuse(
        request,
        response,
        415,
        invalidArgument,
        `Content-Type must be ${(door?.types ?? ['application/x-protobuf', 'application/json']).join(' or ')}.`,
      );
    let reserved = 0;
    try {
      const body = await readBody(request, (bytes) => {
        reserved += bytes;
        bodies.reserve(bytes);
      });
      const sent = door?.updates === undefined ? body : asUpdate(door.updates, body);
      const result = await options.ingest({ signal: signal ?? 'traces', encoding, body: sent });
      if (door) send(response, door.status, 'application/json', doorAnswer(result, door.answer));
      else if (encoding === 'json') send(response, 200, 'application/json', successJson(signal ?? 'traces', result));
      else send(response, 200, 'application/x-protobuf', successProtobuf(result));
    } catch (error) {
      if (error instanceof RequestRefused)
        return refuse(
          request,
          response,
          error.status,
          error.status === 413 ? resourceExhausted : invalidArgument,
          error.message,
        );
      if (error instanceof BadRequest) return refuse(request, response, 400, invalidArgument, error.message);
      if (error instanceof LibraryUnavailable)
        return refuse(request, response, 503, unavailable, error.message, {
          'Retry-After': String(error.retryAfterSeconds),
        });
      throw error;
    } finally {
      bodies.giveBack(reserved);
    }
  }

  const state = await listenOrMove({
    protocol: 'http',
    host: options.host,
    wantedPort,
    bind: (port) => listen(server, port, options.host),
  });
  return { state, close: () => close(server) };
}

const contentType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** What was left out is said, though no client looks at it. */
const doorAnswer = ({ rejected, message }: ReceivedResult, answer: DoorPath['answer'] = {}): string =>
  JSON.stringify(rejected === 0 && message === undefined ? answer : { ...answer, rejected, message });

function encodingOf(request: IncomingMessage): 'protobuf' | 'json' | undefined {
  const type = contentType(request);
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : undefined;
}

/** The error body has the request's own encoding; without a usable Content-Type it is JSON. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  // The rest of a refused body is not read: the connection cannot be used again.
  if (!request.complete) response.setHeader('Connection', 'close');
  if (encodingOf(request) === 'protobuf')
    send(response, status, 'application/x-protobuf', statusProtobuf(code, message));
  else send(response, status, 'application/json', statusJson(code, message));
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 2_000).unref();
  });
}
