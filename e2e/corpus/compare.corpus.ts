import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cliDiffSchema } from '../../shared/cli-documents.ts';
import type { cliShowSchema } from '../../shared/cli-documents.ts';
import { lostCalls } from './explained-differences.ts';
import { CommandLine } from './served-library.ts';

/**
 * Captured pairs of one task: the step where Retake says that two runs part is the model call where the two `truth.json` part (what
 * the scripted model did at each call), failed attempts that were made again are no divergence, and the same task in another client has
 * its tool calls aligned.
 */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const captured = join(corpus, 'captured');
/** otel-plain's normal run is kept once per wire format; of opencode there is none. */
const normalOf = (client: string): string => baseRuns.get(client) ?? 'normal';
const baseRuns: ReadonlyMap<string, string> = new Map([
  ['otel-plain', 'proto'],
  ['opencode', 'alt'],
]);
const clients = [
  'vercel-ai',
  'openai-agents',
  'langgraph-openinference',
  'anthropic-openinference',
  'anthropic-sdk-native',
  'langfuse',
  'otel-plain',
];

const truthSchema = z.object({
  llmCalls: z.array(z.object({ seq: z.number(), status: z.number(), step: z.string(), side: z.boolean() })),
  toolCalls: z.array(z.object({ llmSeq: z.number(), name: z.string(), args: z.string() })),
});
type Truth = z.infer<typeof truthSchema>;
type Shown = z.infer<typeof cliShowSchema>;
type Diff = z.infer<typeof cliDiffSchema>;

interface Captured {
  readonly runId: string;
  readonly shown: Shown;
  readonly truth: Truth;
}

/** Their runs are in traces and logs together, and their tasks are not those of the others. */
const cliClients = ['claude-code', 'claude-agent-sdk', 'codex', 'gemini-cli', 'opencode'];

function filesOf(client: string, run: string): readonly string[] {
  const traces = fileOf(client, run);
  const logs = join(captured, client, run, 'logs.jsonl');
  return [
    ...(traces === undefined ? [] : [traces]),
    ...(cliClients.includes(client) && existsSync(logs) ? [logs] : []),
  ];
}

function fileOf(client: string, run: string): string | undefined {
  return ['traces.jsonl', 'traces.jsonl.gz']
    .map((name) => join(captured, client, run, name))
    .find((path) => existsSync(path));
}

const pairs = existsSync(captured)
  ? [...clients, ...cliClients].flatMap((client) =>
      ['alt', 'fatal', 'retry']
        .filter(
          (run) =>
            run !== normalOf(client) &&
            readdirSync(join(captured, client)).includes(run) &&
            fileOf(client, run) !== undefined,
        )
        .map((run) => ({ client, run })),
    )
  : [];

/** Without the calls that the client never told of: its run ends before them. */
function toldOf(client: string, run: string, truth: Truth): Truth {
  const lost = lostCalls.find((item) => item.client === client && item.run === run)?.calls ?? [];
  return {
    llmCalls: truth.llmCalls.filter(({ seq }) => !lost.includes(seq)),
    toolCalls: truth.toolCalls.filter(({ llmSeq }) => !lost.includes(llmSeq)),
  };
}

/** Model calls by what the script answered, attempts that failed and were made again left out. */
function turnsOf({ llmCalls }: Truth): readonly { readonly step: string; readonly failed: boolean }[] {
  const calls = llmCalls.filter(({ side }) => !side);
  return calls
    .filter(({ status, step }, at) => status === 200 || calls[at + 1]?.step !== step)
    .map(({ status, step }) => ({ step, failed: status !== 200 }));
}

/** The number of the model call from which on the two scripts differ. */
function truePart(a: Truth, b: Truth): number {
  const left = turnsOf(a);
  const right = turnsOf(b);
  let at = 0;
  while (
    at < left.length &&
    at < right.length &&
    left[at]?.step === right[at]?.step &&
    left[at]?.failed === right[at]?.failed
  )
    at += 1;
  return at;
}

/** Index of the n-th model call, attempts that failed before an answer left out. */
function callIndex({ shown, truth }: Captured, turn: number): number | undefined {
  const calls = shown.steps.filter(({ kind, usageRole }) => kind === 'llm' && usageRole !== 'duplicate');
  const answered = turnsOf(truth)[turn]?.failed === true ? calls : calls.filter(({ status }) => status !== 'error');
  return turnsOf(truth)[turn]?.failed === true
    ? answered.find(({ status }) => status === 'error')?.index
    : answered[turn]?.index;
}

describe.skipIf(pairs.length === 0)('captured pairs', () => {
  const line = new CommandLine();
  const runs = new Map<string, Captured>();
  const table: string[][] = [['pair', 'divergence', 'same', 'changed', 'added', 'removed', 'moved', 'retry']];

  beforeAll(() => {
    for (const client of [...clients, ...cliClients]) {
      for (const run of new Set([normalOf(client), 'alt', 'fatal', 'retry'])) {
        const files = filesOf(client, run);
        if (files.length === 0) continue;
        const ids = line.import(...files).runIds;
        const shown = ids.map((id) => line.show(id)).find((document) => document.run.llmCalls > 0);
        if (!shown) throw new Error(`${client}/${run} has no run with model calls`);
        runs.set(`${client}/${run}`, {
          runId: shown.run.id,
          shown,
          truth: toldOf(
            client,
            run,
            truthSchema.parse(JSON.parse(readFileSync(join(captured, client, run, 'truth.json'), 'utf8'))),
          ),
        });
      }
    }
  }, 300_000);

  afterAll(async () => {
    const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
    for (const row of table)
      console.log(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
    await line.remove();
  });

  const known = (name: string): Captured => {
    const found = runs.get(name);
    if (!found) throw new Error(`${name} was not imported`);
    return found;
  };

  function diff(a: Captured, b: Captured, label: string): Diff {
    const found = cliDiffSchema.parse(line.document(['diff', a.runId, b.runId, '--json']));
    const count = (state: string): string => String(found.pairs.filter((pair) => pair.state === state).length);
    table.push([
      label,
      found.firstDivergence?.reason ?? 'none',
      ...['same', 'changed', 'added', 'removed', 'moved', 'retry'].map(count),
    ]);
    return found;
  }

  it.each(pairs)('$client: normal and $run part where their scripts part', ({ client, run }) => {
    const a = known(`${client}/${normalOf(client)}`);
    const b = known(`${client}/${run}`);
    const found = diff(a, b, `${client} ${run}`);
    const turn = truePart(a.truth, b.truth);
    // A call that the client never told of (Codex, fatal) has no step: the run ends there.
    const expected = { a: callIndex(a, turn) ?? null, b: callIndex(b, turn) ?? null };
    expect(expected.a ?? expected.b).not.toBeNull();
    const { firstDivergence } = found;
    // A step that only one run has names only that one.
    if (firstDivergence?.what === 'added') expect(firstDivergence.b).toBe(expected.b);
    else if (firstDivergence?.what === 'removed') expect(firstDivergence.a).toBe(expected.a);
    else expect(firstDivergence).toMatchObject(expected);

    for (const [side, steps] of [
      ['a', a.shown.steps.length],
      ['b', b.shown.steps.length],
    ] as const) {
      expect(found.pairs.flatMap((pair) => pair[side] ?? []).toSorted((one, two) => one - two)).toEqual(
        Array.from({ length: steps }, (_, index) => index),
      );
    }
  });

  it('aligns the tool calls of the same task between any two clients', () => {
    const callsOf = ({ truth }: Captured): readonly string[] =>
      truth.toolCalls.map(({ name, args }) => `${name} ${args}`);
    const tools = (shown: Shown): readonly number[] =>
      shown.steps.flatMap(({ kind, index, tool }) => (kind === 'tool' && tool ? [index] : []));
    const rows: string[] = [];
    const total = { right: 0, found: 0, wanted: 0 };
    for (const [at, one] of clients.entries()) {
      for (const other of clients.slice(at + 1)) {
        const [a, b] = [known(`${one}/${normalOf(one)}`), known(`${other}/${normalOf(other)}`)];
        expect(callsOf(a)).toEqual(callsOf(b));
        const [left, right] = [tools(a.shown), tools(b.shown)];
        const found = diff(a, b, `${one} normal, ${other} normal`).pairs.filter(
          (pair) => pair.a !== null && pair.b !== null && left.includes(pair.a),
        );
        const correct = found.filter((pair) => left.indexOf(pair.a ?? -1) === right.indexOf(pair.b ?? -1)).length;
        total.right += correct;
        total.found += found.length;
        total.wanted += left.length;
        rows.push(
          `${one}, ${other}: ${correct} of ${left.length} tool calls, F1 ${((2 * correct) / (found.length + left.length)).toFixed(3)}`,
        );
      }
    }
    const f1 = (2 * total.right) / (total.found + total.wanted);
    console.log([...rows, `all pairs of clients: F1 ${f1.toFixed(4)}`].join('\n'));
    expect(rows.length).toBe((clients.length * (clients.length - 1)) / 2);
    expect(f1).toBe(1);
  }, 120_000);

  it('attempts that failed before the answer are absorbed where they have steps of their own', () => {
    const file = fileOf('otel-plain', 'proto') ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'retake-attempts-'));
    try {
      const { text, attempts } = withFailedAttempts(
        file.endsWith('.gz') ? gunzipSync(readFileSync(file)).toString() : readFileSync(file, 'utf8'),
      );
      const path = join(folder, 'traces.jsonl');
      writeFileSync(path, text);
      const a = known('otel-plain/proto');
      const [runId = ''] = line.import(path).runIds;
      const found = diff(a, { ...a, runId, shown: line.show(runId) }, 'otel-plain normal with failed attempts');
      expect(attempts).toBeGreaterThan(3);
      expect(found.firstDivergence).toBeNull();
      const states = found.pairs.map(({ state }) => state);
      expect([
        states.filter((state) => state === 'retry').length,
        states.filter((state) => state === 'same').length,
        found.pairs.length,
      ]).toEqual([attempts, a.shown.steps.length, a.shown.steps.length + attempts]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const spansSchema = z.looseObject({
  resourceSpans: z.array(
    z.looseObject({
      scopeSpans: z.array(
        z.looseObject({
          spans: z.array(
            z.looseObject({
              traceId: z.string(),
              spanId: z.string(),
              name: z.string(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              attributes: z.array(z.looseObject({ key: z.string() })),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** The same run under other ids, with one refused attempt right before each model call after the first: what a client with a span for every attempt sends. */
function withFailedAttempts(text: string): { readonly text: string; readonly attempts: number } {
  let attempts = 0;
  const other = (id: string): string => `${id.slice(0, -2)}f${id.at(-1) ?? ''}`;
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const request = spansSchema.parse(
        JSON.parse(
          line.replaceAll(
            /"(traceId|spanId|parentSpanId)":"([0-9a-f]+)"/g,
            (_, key: string, id: string) => `"${key}":"${key === 'traceId' ? other(id) : id}"`,
          ),
        ),
      );
      for (const { scopeSpans } of request.resourceSpans) {
        for (const scope of scopeSpans) {
          scope.spans = scope.spans.flatMap((span) => {
            if (!span.name.startsWith('chat')) return [span];
            attempts += 1;
            const start = BigInt(span.startTimeUnixNano);
            const attempt = {
              ...span,
              spanId: `${span.spanId.slice(0, -4)}dead`,
              startTimeUnixNano: String(start - 2_000n),
              endTimeUnixNano: String(start - 1_000n),
              status: { code: 2, message: '429 Too many requests' },
              attributes: span.attributes
                .filter(
                  ({ key }) =>
                    !key.startsWith('gen_ai.output') &&
                    !key.startsWith('gen_ai.usage') &&
                    !key.startsWith('gen_ai.response'),
                )
                .concat({ key: 'error.type', value: { stringValue: '429' } }),
            };
            return [attempt, span];
          });
        }
      }
      return JSON.stringify(request);
    });
  return { text: `${lines.join('\n')}\n`, attempts };
}
