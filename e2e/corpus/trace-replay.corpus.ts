import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { createRouterClient } from '@orpc/server';
import { afterAll, describe, expect, test } from 'vitest';
import { causeWords } from '../../shared/model/cause.ts';
import {
  createBackend,
  createReplayPlan,
  readAnswerBody,
  recogniseCall,
  callsOfTrace,
} from '../support/backend-internals.ts';
import type { WirePart, TraceCalls } from '../support/backend-internals.ts';

/**
 * Any run with content can be replayed, not only one that went through the gateway: the telemetry of each captured run is
 * imported, and the requests that its client really sent are put to a plan that was made from the trace alone. Every request must
 * find its recorded step, and the answer must be what the model API said. Skipped where the corpus is not there.
 */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const captured = join(corpus, 'captured');
const clients = [
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
        ({ folder }) => existsSync(join(folder, 'llm-wire.jsonl.zst')) && existsSync(join(folder, 'traces.jsonl')),
      )
  : [];

/** Why requests of a run find no answer: what its trace does not hold. */
const unanswerable: readonly { readonly name: string; readonly requests: number; readonly reason: string }[] = [
  {
    name: 'vercel-ai/killed',
    requests: 1,
    reason: 'the process was killed before it exported the span of its last call',
  },
];

interface WireRequest {
  readonly url: string;
  readonly body: unknown;
  readonly status: number;
  readonly stream: boolean;
  readonly response: string;
}

function requestsOf(folder: string): readonly WireRequest[] {
  return zstdDecompressSync(readFileSync(join(folder, 'llm-wire.jsonl.zst')))
    .toString('utf8')
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { url, body, status, stream, response } = JSON.parse(line) as {
        readonly url: string;
        readonly body?: unknown;
        readonly status?: number;
        readonly stream?: boolean;
        readonly response?: string;
      };
      return body === undefined || body === null || typeof response !== 'string'
        ? []
        : [{ url, body, status: status ?? 0, stream: stream === true, response }];
    });
}

async function traceOf(file: string): Promise<TraceCalls> {
  const directory = mkdtempSync(join(tmpdir(), 'retake-trace-replay-'));
  const backend = await createBackend({
    libraryDirectory: directory,
    receive: false,
    otlpHttpPort: undefined,
    otlpGrpcPort: undefined,
    version: 'test',
  });
  try {
    const client = createRouterClient(backend.router);
    for await (const event of await client.files.importPaths({ paths: [file] }))
      if (event.type === 'file') expect(event.report.skipped).toEqual([]);
    const { runs: listed } = await client.runs.list({ filter: {}, sort: 'started', descending: false, limit: 50 });
    const [run, ...more] = listed.filter(({ llmCalls }) => llmCalls > 0);
    if (!run || more.length > 0) throw new Error(`${file} holds ${listed.length} runs`);
    return await callsOfTrace(backend.executor, run.id);
  } finally {
    await backend.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What was said, without what formats carry differently. */
const saidBy = (parts: readonly WirePart[]): string =>
  parts
    .flatMap((part) => {
      if (part.type === 'text' && part.text !== '') return [`text ${part.text.replace(/\s+/g, ' ').trim()}`];
      return part.type === 'tool_call'
        ? [`call ${part.name} ${JSON.stringify(JSON.parse(part.arguments ?? '{}'))}`]
        : [];
    })
    .toSorted()
    .join('\n');

const levels = new Map<string, number>();

describe.skipIf(runs.length === 0)('captured runs replay from their traces', () => {
  test.each(runs)('$client/$run', async ({ client, run, folder }) => {
    const trace = await traceOf(join(folder, 'traces.jsonl'));
    const answers = new Map(trace.calls.map(({ recorded, answer }) => [recorded.seq, answer]));
    const plan = createReplayPlan(
      {
        calls: trace.calls.map(({ recorded }) => recorded),
        forkSeq: undefined,
        edits: [],
        afterFork: 'causal',
        recordedRequest: () => Promise.resolve(undefined),
        decide: () => Promise.resolve('accept'),
      },
      trace.keys,
    );
    let missing = 0;
    for (const { url, body, status, stream, response } of requestsOf(folder)) {
      const path = new URL(url, 'http://localhost').pathname;
      const recognised = recogniseCall('POST', path);
      // A refused attempt is not asked for again: its recording answers with what came in the end.
      if (!recognised || status >= 400) continue;
      const call = recognised.format.readRequest(body, recognised.route);
      const decision = await plan.decide(recognised.format, call, { path, body: JSON.stringify(body) }, false);
      if (decision.kind !== 'recorded' || decision.match.level === 'accepted') {
        missing += 1;
        console.log(
          `${client}/${run} ${path}: ${decision.kind === 'recorded' ? decision.match.ignored.map(causeWords).join('; ') : decision.kind}`,
        );
        continue;
      }
      decision.delivered();
      levels.set(decision.match.level, (levels.get(decision.match.level) ?? 0) + 1);
      const said = readAnswerBody(recognised.format, stream ? 'text/event-stream' : 'application/json', response);
      expect(saidBy(answers.get(decision.match.seq)?.parts ?? []), `${client}/${run} step ${decision.match.seq}`).toBe(
        saidBy(said.parts),
      );
    }
    const explained = unanswerable.find(({ name }) => name === `${client}/${run}`);
    expect(missing, trace.problems.map(({ step, message }) => `step ${step}: ${message}`).join('\n')).toBe(
      explained?.requests ?? 0,
    );
  });

  afterAll(() =>
    console.log(
      `\n${runs.length} captured runs replayed from their traces; requests by how they were matched: ${[...levels].map(([level, count]) => `${level} ${count}`).join(', ')}`,
    ),
  );
});
