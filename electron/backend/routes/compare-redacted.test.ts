import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wholeRedaction } from '../../../shared/model/redaction.ts';
import { temporaryDirectory } from '../backend.testing.ts';
import { createBackend } from '../backend.ts';
import { plantedSecrets, plantedTrace } from '../redaction/redaction.testing.ts';

const fixtures = fileURLToPath(new URL('../../../e2e/fixtures/', import.meta.url));
let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let backend: Awaited<ReturnType<typeof createBackend>>;

beforeAll(async () => {
  folder = await temporaryDirectory();
  backend = await createBackend({
    libraryDirectory: join(folder.path, 'library'),
    receive: false,
    otlpHttpPort: undefined,
    otlpGrpcPort: undefined,
    version: 'test',
  });
});
afterAll(async () => {
  await backend.close();
  await folder.remove();
});

const client = () => createRouterClient(backend.router);

async function imported(path: string): Promise<string> {
  for await (const event of await client().files.importPaths({ paths: [path] }))
    if (event.type === 'done') return event.runIds[0] ?? '';
  return '';
}

/** The run redacted, and brought into the same library under ids of its own. */
async function redactedCopy(runId: string): Promise<string> {
  const chunks: Buffer[] = [];
  const redaction = wholeRedaction({ rules: [], patterns: [] });
  for await (const { base64 } of await client().runs.export({ runId, format: 'otlp-json', redaction }))
    chunks.push(Buffer.from(base64, 'base64'));
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replaceAll(/"traceId":"([0-9a-f]{2})/g, (_, first: string) => `"traceId":"${first === 'ab' ? 'cd' : 'ab'}`);
  const path = join(folder.path, 'redacted.json');
  writeFileSync(path, text);
  return imported(path);
}

async function comparison(capture: string) {
  const original = await imported(capture);
  const copy = await redactedCopy(original);
  expect(copy).not.toBe(original);
  const { pairs, notices, firstDivergence } = await client().compare.align({ a: original, b: copy });
  return {
    original,
    copy,
    pairs,
    words: notices.map((words) => words.map((piece) => (typeof piece === 'string' ? piece : piece.run)).join('')),
    others: pairs.filter(({ state }) => state !== 'same').map(({ a, b, state, differs }) => ({ a, b, state, differs })),
    firstDivergence,
  };
}

test.each([
  'vercel-ai/normal/traces.jsonl',
  'otel-plain/fatal/traces.jsonl',
  'anthropic-openinference/normal/traces.jsonl',
  'claude-code/2.1.330-session/transcript.jsonl',
  'codex/0.171.0-session/rollout.jsonl',
  'gemini-cli/0.61.0-session/chat.jsonl',
  'copilot/1.0.102-session/events.jsonl',
  'opencode/1.18.33-session/export.json',
  'tau-bench/1/results.json',
])('a redacted capture is equal to its original: %s', async (capture) => {
  const { others, firstDivergence } = await comparison(join(fixtures, capture));
  expect(others).toEqual([]);
  expect(firstDivergence).toBeUndefined();
});

test('what was replaced by names is no difference, how many there are is said, and the texts of a pair are told as alike', async () => {
  const secrets = plantedSecrets(60, 5);
  const path = join(folder.path, 'planted.json');
  writeFileSync(path, plantedTrace(secrets));
  const { original, copy, pairs, words, others } = await comparison(path);
  expect(others).toEqual([]);
  expect(words).toEqual([expect.stringMatching(/^The runs are equal but for [1-9]\d+ redacted names\.$/)]);
  const at = pairs.find(({ ignored }) => ignored.includes('names'));
  expect(at).toBeDefined();
  const pair = await client().compare.pair({
    a: { runId: original, index: at?.a ?? 0 },
    b: { runId: copy, index: at?.b ?? 0 },
  });
  expect(pair.differs).toEqual([]);
  expect(pair.ignored).toContain('names');
  const asTheyAre = await client().compare.align({ a: original, b: copy, ignore: { off: ['names'], keys: [] } });
  expect(asTheyAre.pairs.some(({ state }) => state === 'changed')).toBe(true);
});
