import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cliShowSchema } from '../../shared/cli-documents.ts';
import { compareWithTruth, truthSchema, withoutCalls } from './compare-with-truth.ts';
import { explainedDifferences, lostCalls } from './explained-differences.ts';
import { showCapture } from './show-capture.ts';

/**
 * Every captured run of an SDK against what its model API saw: calls, failures, models, tools and their order, tokens. Prints each
 * difference with its reason; one without a reason fails, and so does a reason that nothing needs. The corpus is `RETAKE_CORPUS`
 * or `../shared/corpus` beside the checkout.
 */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const captured = join(corpus, 'captured');
const clients = ['vercel-ai', 'openai-agents', 'langgraph-openinference', 'anthropic-openinference', 'anthropic-sdk-native', 'langfuse', 'otel-plain'];

const captures = existsSync(captured) ? clients.flatMap((client) => readdirSync(join(captured, client)).flatMap((run) => {
  const file = ['traces.jsonl', 'traces.jsonl.gz'].map((name) => join(captured, client, run, name)).find((path) => existsSync(path));
  return file === undefined ? [] : [{ client, run, file }];
})) : [];

/** How a run ends: each `fatal` capture on an answer 400 that the app does not survive; `killed` without a word. */
const endings: ReadonlyMap<string, readonly string[]> = new Map([['fatal', ['error']], ['killed', ['partial']]]);
const goodEndings: readonly string[] = ['ok', 'unset'];

const table: string[][] = [['client', 'run', 'field', 'shown', 'model API', 'reason']];
const usedReasons = new Set<object>();

describe.skipIf(captures.length === 0)('captured runs are what the model API saw', () => {
  it.each(captures)('$client/$run', async ({ client, run, file }) => {
    const truth = truthSchema.parse(JSON.parse(readFileSync(join(captured, client, run, 'truth.json'), 'utf8')));
    const runs = (await showCapture(file)).map(({ shown }) => cliShowSchema.parse(shown));
    const withCalls = runs.filter((shown) => shown.run.llmCalls > 0);
    // One run of these clients is one trace; what else is in a file has no calls.
    expect(withCalls).toHaveLength(1);
    const [shown] = withCalls;
    if (!shown) return;

    const lost = lostCalls.find((item) => item.client === client && item.run === run);
    if (lost) {
      usedReasons.add(lost);
      table.push([client, run, 'llm calls', String(shown.run.llmCalls), String(truth.llmCallsOk), lost.reason]);
    }
    const differences = compareWithTruth(shown, lost ? withoutCalls(truth, lost.calls) : truth);
    const unexplained = differences.filter((difference) => {
      const explained = explainedDifferences.find((item) =>
        item.client === client && item.runs.includes(run) && item.field === difference.field && item.shown === difference.shown);
      if (explained) usedReasons.add(explained);
      table.push([client, run, difference.field, clip(difference.shown), clip(difference.truth), explained?.reason ?? 'NOT EXPLAINED']);
      return explained === undefined;
    });
    expect(unexplained).toEqual([]);
    expect(endings.get(run) ?? goodEndings).toContain(shown.run.status);
    expect(shown.run.costUsd).toBeGreaterThan(0);
  });

  it('needs every reason it has', () => {
    expect([...explainedDifferences, ...lostCalls].filter((reason) => !usedReasons.has(reason))).toEqual([]);
  });

  afterAll(() => {
    const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
    console.log(`\n${captures.length} captured runs; every figure that is not the model API's own:`);
    for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
  });
});

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
