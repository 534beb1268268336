import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cliDiffSchema, type cliShowSchema } from '../../shared/cli-documents.ts';
import { CommandLine } from './served-library.ts';

/**
 * Captured pairs of one task: the step where Retake says that two runs part is the model call where the two `truth.json` part (what
 * the scripted model did at each call), failed attempts that were made again are no divergence, and the same task in another client has
 * its tool calls aligned.
 */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const captured = join(corpus, 'captured');
/** otel-plain's normal run is kept once per wire format. */
const normalOf = (client: string): string => (client === 'otel-plain' ? 'proto' : 'normal');
/** Coding CLIs whose model calls come from logs and transcripts are read by the importers of issue 3. */
const clients = ['vercel-ai', 'openai-agents', 'langgraph-openinference', 'anthropic-openinference', 'anthropic-sdk-native', 'langfuse', 'otel-plain'];

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

function fileOf(client: string, run: string): string | undefined {
  return ['traces.jsonl', 'traces.jsonl.gz'].map((name) => join(captured, client, run, name)).find((path) => existsSync(path));
}

const pairs = existsSync(captured) ? clients.flatMap((client) => ['alt', 'fatal', 'retry'].filter((run) => readdirSync(join(captured, client)).includes(run) && fileOf(client, run) !== undefined).map((run) => ({ client, run }))) : [];

/** Model calls by what the script answered, attempts that failed and were made again left out. */
function turnsOf({ llmCalls }: Truth): readonly { readonly step: string; readonly failed: boolean }[] {
  const calls = llmCalls.filter(({ side }) => !side);
  return calls.filter(({ status, step }, at) => status === 200 || calls[at + 1]?.step !== step).map(({ status, step }) => ({ step, failed: status !== 200 }));
}

/** The number of the model call from which on the two scripts differ. */
function truePart(a: Truth, b: Truth): number {
  const left = turnsOf(a);
  const right = turnsOf(b);
  let at = 0;
  while (at < left.length && at < right.length && left[at]?.step === right[at]?.step && left[at]?.failed === right[at]?.failed) at += 1;
  return at;
}

/** Index of the n-th model call, attempts that failed before an answer left out. */
function callIndex({ shown, truth }: Captured, turn: number): number | undefined {
  const calls = shown.steps.filter(({ kind, usageRole }) => kind === 'llm' && usageRole !== 'duplicate');
  const answered = turnsOf(truth)[turn]?.failed === true ? calls : calls.filter(({ status }) => status !== 'error');
  return turnsOf(truth)[turn]?.failed === true ? answered.find(({ status }) => status === 'error')?.index : answered[turn]?.index;
}

describe.skipIf(pairs.length === 0)('captured pairs', () => {
  const line = new CommandLine();
  const runs = new Map<string, Captured>();
  const table: string[][] = [['pair', 'divergence', 'same', 'changed', 'added', 'removed', 'moved', 'retry']];

  beforeAll(() => {
    for (const client of clients) {
      for (const run of [normalOf(client), 'alt', 'fatal', 'retry']) {
        const file = fileOf(client, run);
        if (file === undefined) continue;
        const ids = line.import(file).runIds;
        const shown = ids.map((id) => line.show(id)).find((document) => document.run.llmCalls > 0);
        if (!shown) throw new Error(`${client}/${run} has no run with model calls`);
        runs.set(`${client}/${run}`, { runId: shown.run.id, shown, truth: truthSchema.parse(JSON.parse(readFileSync(join(captured, client, run, 'truth.json'), 'utf8'))) });
      }
    }
  }, 300_000);

  afterAll(async () => {
    const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
    for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
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
    table.push([label, found.firstDivergence?.reason ?? 'none', ...['same', 'changed', 'added', 'removed', 'moved', 'retry'].map(count)]);
    return found;
  }

  it.each(pairs)('$client: normal and $run part where their scripts part', ({ client, run }) => {
    const a = known(`${client}/${normalOf(client)}`);
    const b = known(`${client}/${run}`);
    const found = diff(a, b, `${client} ${run}`);
    const turn = truePart(a.truth, b.truth);
    const expected = { a: callIndex(a, turn), b: callIndex(b, turn) };
    expect(expected.a ?? expected.b).toBeDefined();
    const { firstDivergence } = found;
    // A step that only one run has names only that one.
    if (firstDivergence?.what === 'added') expect(firstDivergence.b).toBe(expected.b);
    else if (firstDivergence?.what === 'removed') expect(firstDivergence.a).toBe(expected.a);
    else expect(firstDivergence).toMatchObject(expected);

    for (const [side, steps] of [['a', a.shown.steps.length], ['b', b.shown.steps.length]] as const) {
      expect(found.pairs.flatMap((pair) => pair[side] ?? []).toSorted((one, two) => one - two)).toEqual(Array.from({ length: steps }, (_, index) => index));
    }
  });

  it('aligns the same task across clients by its tool calls', () => {
    const callsOf = ({ truth }: Captured): readonly string[] => truth.toolCalls.map(({ name, args }) => `${name} ${args}`);
    const base = known('vercel-ai/normal');
    for (const client of clients.filter((name) => name !== 'vercel-ai')) {
      const other = known(`${client}/${normalOf(client)}`);
      expect(callsOf(other)).toEqual(callsOf(base));
      const found = diff(base, other, `vercel-ai normal, ${client} normal`);
      const tools = (shown: Shown): readonly number[] => shown.steps.flatMap(({ kind, index, tool }) => (kind === 'tool' && tool ? [index] : []));
      const aligned = tools(base.shown).map((index) => found.pairs.find((pair) => pair.a === index)?.b ?? -1);
      expect(aligned, client).toEqual(tools(other.shown));
    }
  });
});
