import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cliShowSchema } from '../../shared/cli-documents.ts';
import { compareWithTruth, truthSchema, withoutCalls } from './compare-with-truth.ts';
import type { Difference, ShownRun } from './compare-with-truth.ts';
import { explainedDifferences, explains, lostCalls } from './explained-differences.ts';
import { printTable } from './print-table.ts';
import { CommandLine } from './served-library.ts';
import { showCapture } from './show-capture.ts';

/**
 * Every captured run against what its model API saw: calls, failures, models, tools and their order, tokens. Prints each
 * difference with its reason; one without a reason fails, and so does a reason that nothing needs. The corpus is `RETAKE_CORPUS`
 * or `../shared/corpus` beside the checkout.
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

const captures = existsSync(captured)
  ? clients.flatMap((client) =>
      readdirSync(join(captured, client)).flatMap((run) => {
        const file = ['traces.jsonl', 'traces.jsonl.gz']
          .map((name) => join(captured, client, run, name))
          .find((path) => existsSync(path));
        return file === undefined ? [] : [{ client, run, file }];
      }),
    )
  : [];

/** What these clients do is in traces and logs together, or in logs alone, so they are imported as a user would. */
const cliClients = ['claude-code', 'claude-agent-sdk', 'codex', 'gemini-cli', 'opencode'];
/** No record of what the model API saw was kept of these. */
const withoutTruth: ReadonlySet<string> = new Set(['claude-code/overflow-compaction']);

const cliCaptures = existsSync(captured)
  ? cliClients.flatMap((client) =>
      readdirSync(join(captured, client)).flatMap((run) => {
        const files = ['traces.jsonl', 'logs.jsonl']
          .map((name) => join(captured, client, run, name))
          .filter((path) => existsSync(path));
        return files.length === 0 || withoutTruth.has(`${client}/${run}`) ? [] : [{ client, run, files }];
      }),
    )
  : [];

/** How a run ends: each `fatal` capture on an answer 400 that the app does not survive; `killed` without a word. */
const endings: ReadonlyMap<string, readonly string[]> = new Map([
  ['fatal', ['error']],
  ['killed', ['partial']],
  // Codex ends without sending its last batch: that its turn never ended is all there is to know.
  ['codex/fatal', ['partial']],
  // They end without sending their last batch: that nothing followed the last tools is all there is to know.
  ['gemini-cli/fatal', ['partial']],
  ['opencode/alt', ['partial']],
  ['opencode/retry', ['partial']],
]);
const goodEndings: readonly string[] = ['ok', 'unset'];

/** What of a run is held against the truth, each by the fields of compareWithTruth that tell of it. */
const aspects: readonly (readonly [name: string, fields: RegExp])[] = [
  ['calls', /^llm (calls|steps)/],
  ['tools', /^(tool calls|arguments|ids) ?/],
  ['order', /^(order|outcome) of/],
  ['errors', /^failed/],
  ['tokens', /tokens|input/],
  ['names', /^models/],
];
/** Client and run, then for each aspect: `yes`, `said` (another figure, with its reason) or `NO`; how many calls have messages. */
const conformance: string[][] = [['client', 'run', ...aspects.map(([name]) => name), 'messages']];

const table: string[][] = [['client', 'run', 'field', 'shown', 'model API', 'reason']];
const usedReasons = new Set<object>();

describe.skipIf(captures.length === 0)('captured runs are what the model API saw', () => {
  it.each(captures)('$client/$run', async ({ client, run, file }) => {
    const runs = (await showCapture(file)).map(({ shown }) => cliShowSchema.parse(shown));
    hold(client, run, runs);
  });

  describe('coding command lines, by their traces and logs', () => {
    const line = new CommandLine();
    afterAll(() => line.remove());

    it.each(cliCaptures)('$client/$run', ({ client, run, files }) => {
      const { runIds } = line.import(...files);
      const ids = line
        .runs()
        .runs.filter((entry) => runIds.includes(entry.id) && entry.llmCalls > 0)
        .map((entry) => entry.id);
      hold(
        client,
        run,
        ids.map((id) => line.show(id)),
      );
    });
  });

  it('needs every reason it has', () => {
    expect([...explainedDifferences, ...lostCalls].filter((reason) => !usedReasons.has(reason))).toEqual([]);
  });

  afterAll(() => {
    console.log(`\n${captures.length + cliCaptures.length} captured runs against what their model API saw:`);
    printTable(conformance);
    console.log("\nevery figure that is not the model API's own:");
    printTable(table);
  });
});

function hold(client: string, run: string, runs: readonly ShownRun[]): void {
  const truth = truthSchema.parse(JSON.parse(readFileSync(join(captured, client, run, 'truth.json'), 'utf8')));
  const withCalls = runs.filter((shown) => shown.run.llmCalls > 0);
  // One capture is one run; what else is in a file has no calls.
  expect(withCalls).toHaveLength(1);
  const [shown] = withCalls;
  if (!shown) return;

  const lost = lostCalls.find((item) => item.client === client && item.run === run);
  if (lost) {
    usedReasons.add(lost);
    table.push([client, run, 'llm calls', String(shown.run.llmCalls), String(truth.llmCallsOk), lost.reason]);
  }
  const differences = compareWithTruth(shown, lost ? withoutCalls(truth, lost.calls) : truth);
  const reasonOf = (difference: Difference): { readonly reason: string } | undefined =>
    explainedDifferences.find((item) => explains(item, client, run, difference));
  const calls = shown.steps.filter(({ kind, status }) => kind === 'llm' && status !== 'error');
  conformance.push([
    client,
    run,
    ...aspects.map(([, fields]) => {
      const own = differences.filter(({ field }) => fields.test(field));
      const isSaid = own.length > 0 || (lost !== undefined && fields.test('llm calls'));
      return own.some((difference) => reasonOf(difference) === undefined) ? 'NO' : isSaid ? 'said' : 'yes';
    }),
    `${calls.filter(({ input }) => (input?.length ?? 0) > 0).length} in, ${calls.filter(({ output }) => (output?.length ?? 0) > 0).length} out of ${calls.length}`,
  ]);
  const unexplained = differences.filter((difference) => {
    const explained = reasonOf(difference);
    if (explained !== undefined) usedReasons.add(explained);
    table.push([
      client,
      run,
      difference.field,
      clip(difference.shown),
      clip(difference.truth),
      explained?.reason ?? 'NOT EXPLAINED',
    ]);
    return explained === undefined;
  });
  expect(unexplained).toEqual([]);
  expect(endings.get(`${client}/${run}`) ?? endings.get(run) ?? goodEndings).toContain(shown.run.status);
  // Nobody sells this model: it has no price, which is not a price of 0.
  if (shown.run.models.includes('gpt-6.1-terra')) expect(shown.run.costUsd).toBeNull();
  else expect(shown.run.costUsd).toBeGreaterThan(0);
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
