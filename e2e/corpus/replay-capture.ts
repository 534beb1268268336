import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { credentials, Client } from '@grpc/grpc-js';

/**
 * Sends one captured client run to a receiver again: the recorded request bodies, in arrival order, in the wire format
 * they came in. Folder layout: `NNN-<signal>.raw.<pb|json|grpc>[.gz][.stored.gz]` with `NNN-<signal>.meta.json` beside it;
 * `.gz` was compressed on the wire, `.stored.gz` afterwards; `.grpc` keeps its 5-byte frame.
 */
export interface ReceiverPorts {
  readonly http: number;
  readonly grpc: number;
}

interface CaptureMeta {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Number of requests sent; rejects on any answer but success. */
export async function replayCapture(folder: string, ports: ReceiverPorts): Promise<number> {
  const names = readdirSync(folder)
    .filter((name) => /^\d+-(traces|logs|metrics)\.raw\./.test(name))
    .sort();
  for (const name of names) {
    const meta = JSON.parse(
      readFileSync(join(folder, name.replace(/\.raw\..*$/, '.meta.json')), 'utf8'),
    ) as CaptureMeta;
    const stored = readFileSync(join(folder, name));
    const body = name.endsWith('.stored.gz') ? gunzipSync(stored) : stored;
    if (name.includes('.raw.grpc')) await sendGrpc(ports.grpc, meta, body);
    else await sendHttp(ports.http, meta, body);
  }
  return names.length;
}

/** The same of a capture that kept its requests decoded only: in arrival order too, as OTLP JSON, one line of `<signal>.jsonl` each. */
export async function replayDecoded(folder: string, ports: ReceiverPorts): Promise<number> {
  const lines = new Map(
    ['traces', 'logs'].map((signal) => {
      const path = join(folder, `${signal}.jsonl`);
      return [
        signal,
        existsSync(path)
          ? readFileSync(path, 'utf8')
              .split('\n')
              .filter((line) => line.trim() !== '')
          : [],
      ];
    }),
  );
  let sent = 0;
  for (const name of readdirSync(folder)
    .filter((file) => /^\d+-(traces|logs)\.meta\.json$/.test(file))
    .sort()) {
    const signal = name.includes('traces') ? 'traces' : 'logs';
    const body = lines.get(signal)?.shift();
    if (body === undefined) throw new Error(`${folder}: ${name} has no request in ${signal}.jsonl`);
    await sendHttp(
      ports.http,
      { path: `/v1/${signal}`, headers: { 'content-type': 'application/json' } },
      Buffer.from(body),
    );
    sent += 1;
  }
  if ([...lines.values()].some((left) => left.length > 0))
    throw new Error(`${folder} has more requests than it had when it was recorded`);
  return sent;
}

async function sendHttp(port: number, meta: CaptureMeta, body: Buffer): Promise<void> {
  const headers: Record<string, string> = {};
  for (const name of ['content-type', 'content-encoding']) {
    const value = meta.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  const response = await fetch(`http://127.0.0.1:${port}${meta.path}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
  if (response.status !== 200) throw new Error(`${meta.path}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

function sendGrpc(port: number, meta: CaptureMeta, frame: Buffer): Promise<void> {
  const compressed = frame[0] === 1;
  const message = compressed ? gunzipSync(frame.subarray(5)) : frame.subarray(5);
  // 2 = gzip, as the recorded client had it.
  const client = new Client(
    `127.0.0.1:${port}`,
    credentials.createInsecure(),
    compressed ? { 'grpc.default_compression_algorithm': 2 } : {},
  );
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      meta.path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      message,
      (error) => {
        client.close();
        if (error) reject(error);
        else resolve();
      },
    );
  });
}
