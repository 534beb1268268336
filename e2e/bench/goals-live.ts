import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { importFile, newFolder, scratch, withBackend } from './built-backend.ts';
import type { Client } from './built-backend.ts';
import { median, timed } from './harness.ts';
import type { BenchRow } from './harness.ts';

/** Receiving while others read: beside a server that commits each request by itself, and beside the same calls at rest. */
const connections = 32;
const requestsOfRound = 600;

const spansOfRequest = (): string => {
  const traceId = randomBytes(16).toString('hex');
  const rootId = randomBytes(8).toString('hex');
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const spans = Array.from({ length: 12 }, (_, index) => ({
    traceId,
    spanId: index === 0 ? rootId : randomBytes(8).toString('hex'),
    ...(index === 0 ? {} : { parentSpanId: rootId }),
    name: index === 0 ? 'invoke_agent bench' : 'chat gpt-5.1',
    kind: 1,
    startTimeUnixNano: `17900000000000${String(index).padStart(5, '0')}`,
    endTimeUnixNano: `17900000010000${String(index).padStart(5, '0')}`,
    attributes: [
      text('gen_ai.operation.name', index === 0 ? 'invoke_agent' : 'chat'),
      text('gen_ai.request.model', 'gpt-5.1'),
      text(
        'gen_ai.output.messages',
        JSON.stringify([
          { role: 'assistant', parts: [{ type: 'text', content: randomBytes(700).toString('base64') }] },
        ]),
      ),
    ],
  }));
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: [text('service.name', 'bench')] }, scopeSpans: [{ spans }] }],
  });
};

async function send(agent: Agent, port: number, body: string): Promise<void> {
  const sent = request({
    agent,
    port,
    host: '127.0.0.1',
    path: '/v1/traces',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`Answered ${answer.statusCode ?? 0}`);
}

/** Milliseconds until all requests are acknowledged. */
async function round(port: number): Promise<number> {
  const bodies = Array.from({ length: requestsOfRound }, spansOfRequest);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const worker = async (): Promise<void> => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) await send(agent, port, body);
  };
  const ms = await timed(() => Promise.all(Array.from({ length: connections }, worker)));
  agent.destroy();
  return ms;
}

/** One request, one row, one commit to the disk, then the answer. It reads nothing of what it stores: a generous floor. */
async function plainServer(): Promise<{ readonly port: number; close(): void }> {
  const database = new DatabaseSync(join(scratch, 'plain.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE body (bytes BLOB)');
  const insert = database.prepare('INSERT INTO body VALUES (?)');
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => void chunks.push(chunk));
    incoming.on('end', () => {
      insert.run(Buffer.concat(chunks));
      answer.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      database.close();
    },
  };
}

export async function liveRow(): Promise<BenchRow> {
  const plain = await plainServer();
  const folder = newFolder();
  const [own, other] = await withBackend(
    folder,
    async (client) => {
      const { listeners } = await client.app.info();
      const port = listeners.find(({ protocol }) => protocol === 'http')?.port;
      if (port === undefined) throw new Error('The receiver does not listen');
      const ownMs: number[] = [];
      const otherMs: number[] = [];
      await round(port);
      for (let index = 0; index < 3; index++) {
        ownMs.push(await round(port));
        otherMs.push(await round(plain.port));
      }
      return [median(ownMs), median(otherMs)] as const;
    },
    { receive: true, otlpHttpPort: 0 },
  );
  plain.close();
  const perSecond = (ms: number): string => `${((requestsOfRound * 1_000) / ms).toFixed(0)} requests a second`;
  return {
    name: '17 live, 32 connections',
    meaning:
      'requests of 12 spans, acknowledged after their commit / a server that commits each by itself and reads none; at most 1 / 2',
    goal: 0.5,
    figure: own / other,
    detail: `${perSecond(own)} / ${perSecond(other)}`,
  };
}

const highest = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;

/** The list of runs while a file comes in, beside the same at rest. */
export function listRow(path: string): Promise<BenchRow> {
  const list = (client: Client) => client.runs.list({ filter: {}, sort: 'started', descending: true, limit: 100 });
  return withBackend(newFolder(), async (client) => {
    await importFile(client, path);
    const idle: number[] = [];
    for (let index = 0; index < 500; index++) idle.push(await timed(() => list(client)));
    const busy: number[] = [];
    let importing = true;
    const importingFile = importFile(client, path).finally(() => {
      importing = false;
    });
    while (importing) busy.push(await timed(() => list(client)));
    await importingFile;
    return {
      name: '18 list runs during an import',
      meaning: 'its 99th of a hundred / at rest',
      goal: 3,
      figure: highest(busy) / highest(idle),
      detail: `${highest(busy).toFixed(1)} ms / ${highest(idle).toFixed(1)} ms, ${busy.length} calls`,
    };
  });
}
