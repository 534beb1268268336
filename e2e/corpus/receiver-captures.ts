import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithTruth, truthSchema, withoutCalls } from './compare-with-truth.ts';
import { explainedDifferences, explains, lostCalls } from './explained-differences.ts';
import { replayCapture, replayDecoded } from './replay-capture.ts';
import { CommandLine } from './served-library.ts';

/**
 * The same captures, sent to a running Retake request by request in the order and wire format they were recorded in, against
 * the truth and against the import of their file: both ways must give the same run, to the last message. The tests are in several
 * files, receiver-*.corpus.ts, which run beside each other.
 */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const captured = join(corpus, 'captured');
const sdkClients = [
  'vercel-ai',
  'openai-agents',
  'langgraph-openinference',
  'anthropic-openinference',
  'anthropic-sdk-native',
  'langfuse',
  'otel-plain',
];

/** Their requests were kept decoded, and their runs are in traces and logs together. */
const cliClients = ['claude-code', 'claude-agent-sdk', 'codex'];

export const cliCaptures = existsSync(captured)
  ? cliClients.flatMap((client) =>
      readdirSync(join(captured, client)).map((run) => {
        const folder = join(captured, client, run);
        return {
          client,
          run,
          folder,
          files: ['traces.jsonl', 'logs.jsonl'].map((name) => join(folder, name)).filter((path) => existsSync(path)),
        };
      }),
    )
  : [];

/** One request a line, beside what the client really sent. */
export const sdkCaptures = existsSync(captured)
  ? sdkClients.flatMap((client) =>
      readdirSync(join(captured, client)).flatMap((run) => {
        const folder = join(captured, client, run);
        const file = ['traces.jsonl', 'traces.jsonl.gz']
          .map((name) => join(folder, name))
          .find((path) => existsSync(path));
        return file === undefined ? [] : [{ client, run, folder, file }];
      }),
    )
  : [];

type SdkCapture = (typeof sdkCaptures)[number];
type CliCapture = (typeof cliCaptures)[number];

interface Captures {
  readonly sdk: readonly SdkCapture[];
  readonly cli: readonly CliCapture[];
}

/** Tests that these captures give the same run live and as files, and the one that the model API saw. */
export function testReceived(name: string, { sdk, cli }: Captures): void {
  describe.skipIf(sdk.length + cli.length === 0)(`captured requests through the receiver: ${name}`, () => {
    const live = new CommandLine();
    const imported = new CommandLine();
    beforeAll(async () => {
      const ports = await live.serve();
      for (const { folder } of sdk) expect(await replayCapture(folder, ports)).toBeGreaterThan(0);
      for (const { folder } of cli) expect(await replayDecoded(folder, ports)).toBeGreaterThan(0);
      // A live run is not over until it has been quiet for a while; a file is.
      while (live.runs().runs.some((run) => run.status === 'running')) await setTimeout(1_000);
    });
    afterAll(async () => {
      await live.remove();
      await imported.remove();
    });

    it.each(sdk)('$client/$run', ({ client, run, folder, file }) => {
      const report = imported.import(file);
      expect(report.files.map((entry) => entry.skipped)).toEqual([[]]);
      const runIds = imported
        .runs()
        .runs.filter((entry) => report.runIds.includes(entry.id) && entry.llmCalls > 0)
        .map((entry) => entry.id);
      expect(runIds).toHaveLength(1);
      const [runId = ''] = runIds;
      const shown = live.show(runId);
      expect(shown).toEqual(imported.show(runId));

      const truth = truthSchema.parse(JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')));
      const lost = lostCalls.find((item) => item.client === client && item.run === run);
      const unexplained = compareWithTruth(shown, lost ? withoutCalls(truth, lost.calls) : truth).filter(
        (difference) => !explainedDifferences.some((item) => explains(item, client, run, difference)),
      );
      expect(unexplained).toEqual([]);
    });

    it.each(cli)('$client/$run: logs and spans as they came, like the files of each', ({ files }) => {
      const { runIds } = imported.import(...files);
      const [runId = '', ...more] = imported
        .runs()
        .runs.filter((entry) => runIds.includes(entry.id) && entry.llmCalls > 0)
        .map((entry) => entry.id);
      expect([runId === '', more]).toEqual([false, []]);
      expect(live.show(runId)).toEqual(imported.show(runId));
    });
  });
}
