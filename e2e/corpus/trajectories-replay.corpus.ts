import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRouterClient } from '@orpc/server';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LiveTake, TakeRequestInput } from '../../shared/model/take.ts';
import { unpackStepTable } from '../../shared/packed-step-table.ts';
import { startScriptedModel } from '../agents/scripted-model.ts';
import type { ScriptedModel } from '../agents/scripted-model.ts';
import { createBackend } from '../support/backend-internals.ts';
import type { Backend } from '../support/backend-internals.ts';

/**
 * A trajectory of mini-swe-agent holds every model answer: imported, it replays and forks from any step, on an agent that speaks the
 * same protocol and gets other outputs from its shell than the recorded one did. Skipped where the corpus is not there.
 */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const folder = join(corpus, 'public/mini-swe-agent');
const trajectories = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.traj.json')) : [];
const agent = fileURLToPath(new URL('../agents/bash-block-agent.ts', import.meta.url));
const table: string[] = [];

describe.skipIf(trajectories.length === 0)('trajectories of mini-swe-agent replay and fork', () => {
  let directory: string;
  let backend: Backend;
  let model: ScriptedModel;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'retake-trajectory-'));
    backend = await createBackend({
      libraryDirectory: join(directory, 'library'),
      receive: true,
      otlpHttpPort: 0,
      otlpGrpcPort: undefined,
      version: 'test',
    });
    model = await startScriptedModel({
      rounds: 0,
      says: 'Enough.\n\n```bash\necho COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\n```',
    });
  });
  afterEach(async () => {
    await backend.close();
    await model.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(trajectories)(
    '%s',
    async (name) => {
      const file = join(folder, name);
      const client = createRouterClient(backend.router);
      for await (const event of await client.files.importPaths({ paths: [file] }))
        if (event.type === 'file') expect(event.report.skipped).toEqual([]);
      const {
        runs: [run],
      } = await client.runs.list({ filter: {}, sort: 'started', descending: false, limit: 5 });
      if (!run) throw new Error(`${name} is no run`);
      const steps = unpackStepTable(await client.steps.table({ runId: run.id })).kind;
      const calls = steps.flatMap((kind, index) => (kind === 'llm' ? [index] : []));
      const launch = { command: [process.execPath, agent, file], cwd: directory };

      async function take(request: Omit<TakeRequestInput, 'runId' | 'executor' | 'launch'>): Promise<LiveTake> {
        const {
          takeIds: [id],
        } = await client.takes.start({
          runId: run?.id ?? '',
          executor: 'replay',
          launch,
          trusted: true,
          upstream: model.url,
          onDivergence: 'stop',
          ...request,
        });
        for await (const { takes } of await client.takes.watch()) {
          const found = takes.find((one) => one.id === id);
          if (found?.endedAt !== undefined) return found;
        }
        throw new Error('The stream of takes ended.');
      }

      // Nothing runs before its commands were shown and agreed to.
      const plan = await client.takes.plan({ runId: run.id, fromStep: steps.length, executor: 'replay', launch });
      expect(plan).toMatchObject({ foreign: true, health: { replayable: calls.length, total: calls.length } });
      expect(plan.tools.map(({ name: tool, count }) => [tool, count > 0])).toEqual([['bash', true]]);
      await expect(
        client.takes.start({ runId: run.id, fromStep: steps.length, executor: 'replay', launch }),
      ).rejects.toThrow('agree to it first');

      const whole = await take({ fromStep: steps.length });
      expect(whole, whole.notes.join('\n')).toMatchObject({
        status: 'ok',
        exitCode: 0,
        served: { recorded: calls.length, live: 0, held: 0, skipped: 0 },
      });
      expect(model.calls).toHaveLength(0);

      for (const position of [0, 1, Math.floor(calls.length / 2), calls.length - 1]) {
        const asked = model.calls.length;
        const forked = await take({
          fromStep: calls[position] ?? 0,
          edits: [{ op: 'message', item: 'system', text: 'You are in a hurry.' }],
        });
        expect(forked, `${name} at call ${position}`).toMatchObject({
          status: 'ok',
          served: { recorded: position, live: 1, held: 0, skipped: 0 },
          forkStep: calls[position],
        });
        expect(model.calls.slice(asked).map(({ body }) => body.includes('You are in a hurry.'))).toEqual([true]);
      }
      table.push(`${name}: ${calls.length} calls replayed with no live call, forked at 4 places`);
    },
    120_000,
  );

  afterAll(() => console.log(table.join('\n')));
});
