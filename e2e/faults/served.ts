import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { credentials, Client } from '@grpc/grpc-js';
import { cliRunsSchema } from '../../shared/cli-documents.ts';

const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));

/** `retake serve` as a process of its own, to be sent spans and to be ended in every way. */
export interface Served {
  readonly process: ChildProcess;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** What it said on the error stream so far. */
  readonly said: () => string;
  /** Resolves with milliseconds that it took. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number>;
}

/** `user`: number of the user that it runs as; the tests are root's. */
export async function serve(
  library: string,
  user?: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const child = spawn(
    process.execPath,
    [retake, 'serve', '--library', library, '--port', '0', '--otlp-port', '0', '--otlp-grpc-port', '0', '--no-open'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
      ...(user === undefined ? {} : { uid: user, gid: user }),
    },
  );
  let text = '';
  const ports = await new Promise<{ readonly http: number; readonly grpc: number }>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`retake serve ended with ${String(code)}: ${text}`)));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const http = /OTLP\/HTTP on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      const grpc = /OTLP\/gRPC on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (http !== undefined && grpc !== undefined) resolve({ http: Number(http), grpc: Number(grpc) });
    });
  });
  return {
    process: child,
    httpPort: ports.http,
    grpcPort: ports.grpc,
    said: () => text,
    async end(signal) {
      const startedMs = performance.now();
      if (child.exitCode !== null || child.signalCode !== null) return 0;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      const patience = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await ended;
      clearTimeout(patience);
      return performance.now() - startedMs;
    },
  };
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function command(library: string, words: readonly string[], user?: number): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [retake, ...words, '--library', library], {
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  return { status, stdout, stderr };
}

/** Ids of the library's runs. */
export function runIds(library: string, user?: number): readonly string[] {
  const { status, stdout, stderr } = command(library, ['runs', '--json'], user);
  if (status !== 0) throw new Error(`retake runs: ${stderr}`);
  return cliRunsSchema.parse(JSON.parse(stdout)).runs.map(({ id }) => id);
}

export const traceOf = (number: number): string => number.toString(16).padStart(32, 'a');

/** About so many bytes that compress well. */
export const plainText = (number: number, bytes = 2_000): string =>
  `${number} `.repeat(Math.ceil(bytes / (String(number).length + 1)));

/** Text that does not compress. */
export function noise(seed: number, characters: number): string {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return Array.from({ length: characters }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return letters[(state >>> 16) % letters.length];
  }).join('');
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-';

/** One span of a trace of its own, with a text that is longer than what is kept inline. */
export function spanBody(number: number, text = plainText(number)): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'faults' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: traceOf(number),
                spanId: number.toString(16).padStart(16, 'b'),
                name: `run ${number}`,
                startTimeUnixNano: '1790000000000000000',
                endTimeUnixNano: '1790000001000000000',
                attributes: [{ key: 'note', value: { stringValue: text } }],
              },
            ],
          },
        ],
      },
    ],
  });
}

export interface Answer {
  /** HTTP's, or gRPC's code + 1000. */
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
  readonly tookMs: number;
}

export async function sendHttp(
  port: number,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  path = '/v1/traces',
): Promise<Answer> {
  const startedMs = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after') ?? undefined,
    text,
    tookMs: performance.now() - startedMs,
  };
}

const same = (bytes: Buffer): Buffer => bytes;

/** Sends OTLP protobuf bytes; a client of its own, as each exporter has. */
export function grpcSender(port: number): { send(message: Buffer): Promise<Answer>; close(): void } {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 });
  return {
    send: (message) =>
      new Promise((resolve) => {
        const startedMs = performance.now();
        client.makeUnaryRequest(
          '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
          same,
          same,
          message,
          (error) =>
            resolve({
              status: error ? 1_000 + error.code : 200,
              retryAfter: undefined,
              text: error?.details ?? '',
              tookMs: performance.now() - startedMs,
            }),
        );
      }),
    close: () => client.close(),
  };
}

/** ExportTraceServiceRequest of one span, as `spanBody` has it. Source: opentelemetry-proto 1.11, trace/v1. */
export function spanMessage(number: number, text = plainText(number)): Buffer {
  const span = Buffer.concat([
    field(1, Buffer.from(traceOf(number), 'hex')),
    field(2, Buffer.from(number.toString(16).padStart(16, 'b'), 'hex')),
    field(5, Buffer.from(`run ${number}`)),
    fixed64(7, 1_790_000_000_000_000_000n),
    fixed64(8, 1_790_000_001_000_000_000n),
    field(9, Buffer.concat([field(1, Buffer.from('note')), field(2, field(1, Buffer.from(text)))])),
  ]);
  return field(1, field(2, field(2, span)));
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(bytes.length), bytes]);
}

function fixed64(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = number * 8 + 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
