import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runId as asRunId } from '../../../../shared/model/units.ts';
import { eventually, temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import { openLibraryReader, openLibraryWriter } from '../../library/open-library.ts';
import { findRun } from '../../library/queries/run-detail.ts';

/**
 * Durability (ARCHITECTURE.md, Data): the process is killed in the middle of live capture, again and again, and every span
 * that was acknowledged is there afterwards, once.
 */
const kills = 20;
const connections = 4;
const spansPerRequest = 5;
const retake = fileURLToPath(new URL('../../../../dist/backend/retake.js', import.meta.url));

let directory: TemporaryDirectory;
let child: ChildProcess | undefined;

beforeAll(async () => {
  directory = await temporaryDirectory();
});

afterAll(async () => {
  child?.kill('SIGKILL');
  await directory.remove();
});

async function startServer(): Promise<number> {
  const server = spawn(
    process.execPath,
    [
      retake,
      'serve',
      '--library',
      directory.path,
      '--port',
      '0',
      '--otlp-port',
      '0',
      '--otlp-grpc-port',
      '0',
      '--no-open',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  child = server;
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  return eventually(
    () => {
      if (server.exitCode !== null) throw new Error(`The server ended: ${said}`);
      const port = /OTLP\/HTTP on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      return Promise.resolve(port === undefined ? undefined : Number(port));
    },
    'the receiver listening',
    30_000,
  );
}

const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0');
// Every round has a run of its own, and all rounds go on with one that is long.
const longRun = hex(0xabcdef, 32);
let lastSpan = 0;

function nextRequest(round: number): { readonly body: string; readonly ids: readonly string[] } {
  const spans = Array.from({ length: spansPerRequest }, (_, index) => {
    lastSpan += 1;
    return { traceId: index === 0 ? longRun : hex(round + 1, 32), spanId: hex(lastSpan, 16) };
  });
  const body = JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'killed' } }] },
        scopeSpans: [
          {
            scope: { name: 'test' },
            spans: spans.map((span) => ({
              ...span,
              name: `span ${span.spanId}`,
              kind: 1,
              startTimeUnixNano: '1700000000000000000',
              endTimeUnixNano: '1700000000001000000',
              attributes: [{ key: 'text', value: { stringValue: `${span.spanId} `.repeat(50) } }],
            })),
          },
        ],
      },
    ],
  });
  return { body, ids: spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`) };
}

test(`${kills} kills during live capture lose nothing that was acknowledged`, { timeout: 240_000 }, async () => {
  const acknowledged = new Set<string>();
  const sent = new Set<string>();
  for (let round = 0; round < kills; round += 1) {
    const port = await startServer();
    let dead = false;
    const send = async (): Promise<void> => {
      while (!dead) {
        const { body, ids } = nextRequest(round);
        for (const id of ids) sent.add(id);
        try {
          const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body,
          });
          if (response.status === 200) for (const id of ids) acknowledged.add(id);
        } catch {
          return;
        }
      }
    };
    const senders = Array.from({ length: connections }, send);
    // The writer starts with the first request; on a busy machine that alone can take a second.
    const before = acknowledged.size;
    await eventually(
      () => Promise.resolve(acknowledged.size > before ? true : undefined),
      'a request acknowledged',
      30_000,
    );
    // At another moment of a commit in each round.
    await new Promise((resolve) => setTimeout(resolve, 40 + round * 17));
    child?.kill('SIGKILL');
    dead = true;
    await Promise.all(senders);
    if (child && child.signalCode === null && child.exitCode === null) await once(child, 'exit');
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(kills * spansPerRequest);

  const library = openLibraryWriter({ directory: directory.path });
  const stored: string[] = [];
  for (const trace of [longRun, ...Array.from({ length: kills }, (_, round) => hex(round + 1, 32))]) {
    for (const { span } of library.spansOf(asRunId(trace))) stored.push(`${span.traceId} ${span.spanId}`);
  }
  library.close();
  const there = new Set(stored);
  expect(there.size).toBe(stored.length);
  expect([...acknowledged].filter((id) => !there.has(id))).toEqual([]);
  expect(stored.filter((id) => !sent.has(id))).toEqual([]);

  // The next start makes the steps good.
  await startServer();
  const reader = openLibraryReader({ directory: directory.path });
  const inLongRun = stored.filter((id) => id.startsWith(longRun)).length;
  await eventually(
    () => Promise.resolve(findRun(reader, longRun)?.steps === inLongRun ? true : undefined),
    'the assembly of the long run',
    20_000,
  );
  reader.close();
  child?.kill('SIGTERM');
  if (child) await once(child, 'exit');
});
