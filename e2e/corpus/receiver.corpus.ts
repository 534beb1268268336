import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithTruth, truthSchema, withoutCalls } from './compare-with-truth.ts';
import { explainedDifferences, lostCalls } from './explained-differences.ts';
import { replayCapture, type ReceiverPorts } from './replay-capture.ts';
import { CommandLine } from './served-library.ts';

/**
 * The same captures, sent to a running Retake request by request in the order and wire format they were recorded in, against
 * the truth and against the import of their file: both ways must give the same run, to the last message.
 */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const captured = join(corpus, 'captured');
const clients = ['vercel-ai', 'openai-agents', 'langgraph-openinference', 'anthropic-openinference', 'anthropic-sdk-native', 'langfuse', 'otel-plain'];

const captures = existsSync(captured) ? clients.flatMap((client) => readdirSync(join(captured, client)).flatMap((run) => {
  const folder = join(captured, client, run);
  const file = ['traces.jsonl', 'traces.jsonl.gz'].map((name) => join(folder, name)).find((path) => existsSync(path));
  return file === undefined ? [] : [{ client, run, folder, file }];
})) : [];

describe.skipIf(captures.length === 0)('captured requests through the receiver', () => {
  const live = new CommandLine();
  const imported = new CommandLine();
  let ports: ReceiverPorts;
  beforeAll(async () => {
    ports = await live.serve();
  });
  afterAll(async () => {
    await live.remove();
    await imported.remove();
  });

  it.each(captures)('$client/$run', async ({ client, run, folder, file }) => {
    expect(await replayCapture(folder, ports)).toBeGreaterThan(0);
    const report = imported.import(file);
    expect(report.files.map((entry) => entry.skipped)).toEqual([[]]);
    const runIds = imported.runs().runs.filter((entry) => report.runIds.includes(entry.id) && entry.llmCalls > 0).map((entry) => entry.id);
    expect(runIds).toHaveLength(1);
    const [runId = ''] = runIds;
    const shown = live.show(runId);
    const fromFile = imported.show(runId);
    // A live run is not over until it has been quiet for a while; a file is.
    expect({ ...shown, run: { ...shown.run, status: fromFile.run.status } }).toEqual(fromFile);

    const truth = truthSchema.parse(JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')));
    const lost = lostCalls.find((item) => item.client === client && item.run === run);
    const unexplained = compareWithTruth(shown, lost ? withoutCalls(truth, lost.calls) : truth).filter((difference) =>
      !explainedDifferences.some((item) => item.client === client && item.runs.includes(run) && item.field === difference.field && item.shown === difference.shown));
    expect(unexplained).toEqual([]);
  });
});
