import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startScriptedModel } from '../../e2e/agents/scripted-model.ts';
import { cliDiffSchema, cliImportSchema, cliTakesSchema } from '../../shared/cli-documents.ts';
import { temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';

/** A run in each wire format, handed on redacted: the same run but for the names, and one that replays without a live call. */
const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
const agent = fileURLToPath(new URL('../../e2e/agents/fetch-agent.ts', import.meta.url));
let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

const key = `sk-proj-${'Ab3dE6gHi9KlMn2pQr5tUv8x'}`;
const names: Readonly<Record<string, string>> = {
  [key]: '[key-1]',
  'maxine@acme-shop.com': '[mail-1]',
  'db.internal': '[host-1]',
  '/home/maxine': '~',
};
const task = `the mail of maxine@acme-shop.com in /home/maxine/shop at db.internal by ${key}`;

async function run(library: string, ...words: readonly string[]): Promise<string> {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/_BASE_URL$|^OTEL_|^RETAKE_|KEY/.test(name)),
  );
  const child = spawn(process.execPath, [retake, ...words], {
    cwd: directory.path,
    env: { ...environment, RETAKE_LIBRARY: join(directory.path, library) },
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect([words[0], code, code === 0 ? '' : texts.stderr]).toEqual([words[0], 0, '']);
  return texts.stdout;
}

const imported = async (library: string, file: string) =>
  cliImportSchema.parse(JSON.parse(await run(library, 'import', '--json', file))).runIds;

/** What a reader sees of a run, without its id and those of its spans. */
async function textOf(library: string, runId: string): Promise<string> {
  const { steps } = JSON.parse(await run(library, 'show', runId, '--json', '--messages')) as {
    steps: Record<string, unknown>[];
  };
  return JSON.stringify(steps.map(({ runId: _run, id: _id, parentId: _parent, ...rest }) => rest));
}

const renamed = (text: string): string =>
  Object.entries(names).reduce((all, [value, name]) => all.replaceAll(value, name), text);

describe.each(['chat', 'responses', 'messages', 'gemini'])('%s', (format) => {
  test('compares as equal but for the names, and replays in another library', async () => {
    const command = ['--', process.execPath, agent, format, '--task', task, '--system', `You work for ${task}.`];
    const model = await startScriptedModel();
    const runId = (await run('library', 'run', '--upstream', model.url, ...command)).trim().split('\n').at(-1) ?? '';
    await run('library', 'rerun', runId, '--yes', '--from', '3', '--upstream', model.url, ...command);
    await model.close();
    await run('library', 'tag', runId, 'regression');
    await run('library', 'note', runId, 'Ask maxine@acme-shop.com about it.');
    await run('library', 'pin', runId);
    const file = join(directory.path, 'tree.json');
    await run('library', 'export', runId, '--redact', '--takes', '-o', file);
    const written = readFileSync(file, 'utf8');
    for (const value of Object.keys(names)) expect(written).not.toContain(value);

    // Beside its original it needs an id of its own.
    const beside = join(directory.path, 'beside.json');
    const alone = join(directory.path, 'alone.json');
    await run('library', 'export', runId, '--redact', '-o', alone);
    const otherId = runId.replace(/^./, (sign) => (sign === '0' ? '1' : '0'));
    writeFileSync(beside, readFileSync(alone, 'utf8').replaceAll(runId, otherId));
    expect(await imported('library', beside)).toEqual([otherId]);
    const original = await textOf('library', runId);
    const redacted = await textOf('library', otherId);
    expect(original).not.toBe(redacted);
    expect(redacted).toBe(renamed(original));
    const diff = cliDiffSchema.parse(JSON.parse(await run('library', 'diff', runId, otherId, '--json')));
    expect(diff.pairs.every(({ a, b, state }) => a === b && state === 'same')).toBe(true);
    expect(diff.pairs.some(({ ignored }) => ignored.includes('names'))).toBe(true);
    expect(diff.notices).toContainEqual(
      expect.stringMatching(/^The runs are equal but for [1-9]\d* redacted names\.$/),
    );
    expect(diff.delta).toEqual({
      steps: 0,
      input: 0,
      output: 0,
      cacheRead: diff.delta.cacheRead,
      costUsd: diff.delta.costUsd,
      durationMs: 0,
    });

    // In another library it has its parent, its take, and what was said of it; nobody is asked when it is run again.
    expect(new Set(await imported('other', file)).size).toBe(2);
    const { runs } = JSON.parse(await run('other', 'runs', '--json')) as {
      runs: {
        id: string;
        parentRunId?: string | null;
        forkStep?: number | null;
        tags?: string[];
        note?: string;
        pinned?: boolean;
      }[];
    };
    const take = runs.find(({ parentRunId }) => parentRunId === runId);
    expect(take?.forkStep).toBe(3);
    const parent = runs.find(({ id }) => id === runId);
    expect([parent?.tags, parent?.note, parent?.pinned]).toEqual([['regression'], 'Ask [mail-1] about it.', true]);
    const resumed = await run(
      'other',
      'rerun',
      runId,
      '--yes',
      '--json',
      '--resume',
      '--trust',
      '--upstream',
      'http://127.0.0.1:9',
      ...command,
    );
    const [replayed] = cliTakesSchema.parse(JSON.parse(resumed)).takes;
    expect(replayed).toMatchObject({ status: 'ok', served: { live: 0 } });
    expect(replayed?.served.recorded).toBeGreaterThan(1);
  });
});
