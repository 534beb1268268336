import { createRouterClient } from '@orpc/server';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { z } from 'zod';
import type { cliTakesSchema } from '../../../shared/cli-documents.ts';
import { editFileSchema } from '../../../shared/model/edit.ts';
import type { Edit } from '../../../shared/model/edit.ts';
import { prepareReplay } from '../../backend/executor/replay.ts';
import type { PreparedReplay, ReplayOutcome } from '../../backend/executor/replay.ts';
import { printable, writeAll } from '../output.ts';
import { CommandFault } from './fault.ts';
import { findRunId } from './find-run.ts';
import { formatUsd } from './format.ts';
import { splitCommand, stopOnSignals, withRecordingBackend } from './recording-backend.ts';
import type { RerunOptions } from './rerun-options.ts';

type Take = z.infer<typeof cliTakesSchema>['takes'][number];

/** Ended because Retake held the agent: it left the recording, or its budget was spent. */
const heldStatus = 3;

/**
 * `retake rerun RUN --from N`: model calls before the fork are answered from the recording, that one and what follows from it go
 * live. The command is the one given after --, else the one that this install recorded. Resolves with the exit code.
 */
export async function rerunCommand(runText: string, words: readonly string[], options: RerunOptions): Promise<number> {
  const edits = await readEdits(options);
  return withRecordingBackend(options, async (backend) => {
    const runId = await findRunId(createRouterClient(backend.router), runText);
    const prepared = await prepareReplay(backend.executor, runId, options.from, edits);
    const { command, cwd } = commandOf(prepared, words);
    await confirm(prepared, command, edits, options);
    const stop = stopOnSignals();
    const takes: Take[] = [];
    let exitCode = 0;
    for (let round = 0; round < options.repeat && !stop.signal.aborted; round++) {
      const outcome = await prepared.start({
        command, cwd, environment: process.env, signal: stop.signal, afterFork: options.afterFork, budgetUsd: options.budgetUsd, upstream: options.upstream,
        name: options.name ?? prepared.launch.name,
        // The document is alone on the standard output.
        stdio: options.json === true ? ['inherit', process.stderr, 'inherit'] : 'inherit',
        decide: () => Promise.resolve(options.onDivergence),
        onStart: (takeId) => process.stderr.write(`retake: take ${takeId} of run ${runId}\n`),
      });
      takes.push(takeOf(prepared, outcome));
      if (options.json !== true) await writeAll(process.stdout, [reportText(prepared, outcome)]);
      for (const problem of outcome.problems) process.stderr.write(`retake: the recording of this take is not whole: ${problem}\n`);
      exitCode = outcome.served.held > 0 ? heldStatus : outcome.exitCode !== 0 ? outcome.exitCode ?? 1 : exitCode;
    }
    stop.release();
    if (options.json === true) await writeAll(process.stdout, [`${JSON.stringify({ schema: 1, takes } satisfies z.infer<typeof cliTakesSchema>)}\n`]);
    return exitCode;
  });
}

async function readEdits({ edit: file, model }: RerunOptions): Promise<readonly Edit[]> {
  const edits: Edit[] = [];
  if (file !== undefined) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new CommandFault(`The edits could not be read: ${error instanceof Error ? error.message : String(error)}`);
    });
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw new CommandFault(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    const parsed = editFileSchema.safeParse(json);
    if (!parsed.success) throw new CommandFault(`${file} holds no edits that Retake knows: ${parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`).join('; ')}`);
    edits.push(...parsed.data);
  }
  if (model !== undefined) edits.push({ op: 'model', model, scope: 'run' });
  return edits;
}

function commandOf({ launch }: PreparedReplay, words: readonly string[]): { readonly command: readonly [string, ...string[]]; readonly cwd: string } {
  if (words.length > 0) return { command: splitCommand(words, ''), cwd: process.cwd() };
  if (launch.command.some((word) => word.includes('[key removed]'))) throw new CommandFault('The recorded command holds a key, which was not kept. Give the command again after --.');
  return { command: splitCommand(launch.command, 'retake rerun RUN --from 4 -- python agent.py'), cwd: launch.cwd };
}

/** Says what will happen before it does: which command, what is answered, what runs again. */
async function confirm(prepared: PreparedReplay, command: readonly string[], edits: readonly Edit[], options: RerunOptions): Promise<void> {
  const tools = [...prepared.toolsRunAgain].map(([name, count]) => `${printable(name)} ×${count}`).join(', ');
  process.stderr.write([
    `retake: runs ${command.map(printable).join(' ')}`,
    `  ${prepared.recordedCalls} model calls are answered from the recording; ${prepared.forkSeq === undefined ? 'none goes live' : `from step ${prepared.forkStep} on they go live`}${options.budgetUsd === undefined ? '' : `, for at most $${options.budgetUsd}`}`,
    `  ${tools === '' ? 'no tool ran before that step' : `the agent runs its tools again, for real: ${tools}`}`,
    ...(edits.length === 0 ? [] : [`  edits: ${edits.map(({ op }) => op).join(', ')}`]), '',
  ].join('\n'));
  if (options.yes === true) return;
  if (!process.stdin.isTTY) throw new CommandFault('Nothing was run. Add --yes to agree to the above.');
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asked.question('Go on? [y/N] ');
  asked.close();
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new CommandFault('Nothing was run.');
}

function takeOf({ parentRunId, forkStep }: PreparedReplay, outcome: ReplayOutcome): Take {
  return {
    runId: outcome.runId, parentRunId, forkStep,
    status: outcome.stopped || outcome.served.held > 0 ? 'stopped' : outcome.exitCode === 0 ? 'ok' : 'error',
    exitCode: outcome.exitCode ?? null, served: { ...outcome.served },
    drifted: outcome.drifted.map(({ step, ignored }) => ({ step: step ?? null, ignored: [...ignored] })),
    divergence: outcome.divergence ?? null, savedUsd: outcome.savedUsd ?? null, spentUsd: outcome.spentUsd ?? null,
  };
}

function reportText({ forkStep, forkSeq }: PreparedReplay, outcome: ReplayOutcome): string {
  const { served } = outcome;
  const lines = [
    `take ${outcome.runId}: ${served.recorded} calls from the recording, ${served.live} live${served.edited > 0 ? `, ${served.edited} answered by the edit` : ''}${served.held > 0 ? `, ${served.held} held` : ''}; saved ${formatUsd(outcome.savedUsd, false)}, spent ${formatUsd(outcome.spentUsd, false)}`,
    ...outcome.drifted.map(({ step, ignored }) => `  step ${step ?? '?'} was served although it drifted: ${ignored.map(printable).join('; ')}`),
  ];
  if (outcome.divergence !== undefined) lines.push(`  left the recording before the fork: ${printable(outcome.divergence)}`);
  else if (!outcome.reachedFork && forkSeq !== undefined) lines.push(`  the agent ended before it came to step ${forkStep}; ${served.skipped} recorded calls were never asked for`);
  return `${lines.join('\n')}\n`;
}
