import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { createRouterClient } from '@orpc/server';
import { describe, expect, test } from 'vitest';
import { runId as asRunId } from '../../shared/model/units.ts';
import {
  createBackend,
  readAnswerBody,
  recogniseCall,
  callsOfCapture,
  gatewayRunId,
  gatewaySpans,
  ownTelemetry,
} from '../support/backend-internals.ts';
import type { WireAnswer, WireCall, Signal } from '../support/backend-internals.ts';

/**
 * Every captured run as if it had been recorded by Retake: its own telemetry and the gateway's spans of the same calls, where the traffic
 * was kept with its real messages and ids. Calls, tokens and money must be those of the gateway alone. Skipped where the corpus is not there.
 */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const captured = join(corpus, 'captured');
const clients = [
  'claude-code',
  'claude-agent-sdk',
  'codex',
  'gemini-cli',
  'opencode',
  'vercel-ai',
  'openai-agents',
  'langgraph-openinference',
  'anthropic-openinference',
  'anthropic-sdk-native',
  'langfuse',
  'otel-plain',
];
const runs = existsSync(captured)
  ? clients
      .flatMap((client) =>
        readdirSync(join(captured, client)).map((run) => ({ client, run, folder: join(captured, client, run) })),
      )
      .filter(
        ({ folder }) =>
          existsSync(join(folder, 'truth.json')) &&
          ['traces.jsonl', 'logs.jsonl'].some((name) => existsSync(join(folder, name))),
      )
      // Of one no record was kept of what the model API saw.
      .filter(({ folder }) => callsOfCapture(folder).llmCalls.length > 0)
  : [];

function wireOf(folder: string): ReadonlyMap<number, { readonly call: WireCall; readonly answer: WireAnswer }> {
  const file = join(folder, 'llm-wire.jsonl.zst');
  if (!existsSync(file)) return new Map();
  return new Map(
    zstdDecompressSync(readFileSync(file))
      .toString('utf8')
      .trim()
      .split('\n')
      .flatMap((line) => {
        const { seq, url, body, stream, response } = JSON.parse(line) as {
          readonly seq: number;
          readonly url: string;
          readonly body?: unknown;
          readonly stream?: boolean;
          readonly response?: string;
        };
        const recognised = recogniseCall('POST', new URL(url, 'http://localhost').pathname);
        if (!recognised || body === undefined || body === null || typeof response !== 'string') return [];
        return [
          [
            seq,
            {
              call: recognised.format.readRequest(body, recognised.route),
              answer: readAnswerBody(
                recognised.format,
                stream === true ? 'text/event-stream' : 'application/json',
                response,
              ),
            },
          ] as const,
        ];
      }),
  );
}

/** Its figures after the first signals, and after the second ones too. */
async function figuresOf(
  first: readonly Signal[],
  second: readonly Signal[],
): Promise<readonly [Record<string, unknown>, Record<string, unknown>]> {
  const directory = mkdtempSync(join(tmpdir(), 'retake-beside-'));
  const backend = await createBackend({
    libraryDirectory: directory,
    receive: false,
    otlpHttpPort: undefined,
    otlpGrpcPort: undefined,
    version: 'test',
  });
  const client = createRouterClient(backend.router);
  async function after(signals: readonly Signal[]): Promise<Record<string, unknown>> {
    for (const { signal, body } of signals) await backend.executor.ingest({ signal, encoding: 'json', body });
    await backend.executor.finishRun(asRunId(gatewayRunId));
    const {
      llmCalls,
      costUsd,
      unpricedCalls,
      usage: { input, output, cacheRead, cacheWrite, reasoning },
    } = await client.runs.get({ runId: gatewayRunId });
    return { llmCalls, costUsd, unpricedCalls, input, output, cacheRead, cacheWrite, reasoning };
  }
  try {
    return [await after(first), await after(second)];
  } finally {
    await backend.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

describe.skipIf(runs.length === 0)('captured runs under the gateway are what the gateway saw', () => {
  test.each(runs)(
    '$client/$run',
    async ({ folder }) => {
      const truth = callsOfCapture(folder);
      const [alone, both] = await figuresOf(gatewaySpans(truth, wireOf(folder)), ownTelemetry(folder));
      expect(alone).toMatchObject({ llmCalls: truth.llmCalls.filter(({ status }) => status === 200).length });
      expect(both).toEqual(alone);
    },
    60_000,
  );
});
