import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { executorKindSchema } from '../../../../shared/model/take.ts';
import { launchedTakeSchema } from '../../read/take-lineage.ts';
import { toolHands } from '../tools/tool-call.ts';

/** How a run was started, kept with its recording: what is needed to start it again. Values of variables are not kept. */
export const launchRecordSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  command: z.array(z.string()),
  cwd: z.string(),
  /** Names that Retake set or changed for the agent. */
  changedVariables: z.array(z.string()),
  git: z.object({ commit: z.string(), changes: z.string().optional() }).optional(),
  client: z.string().optional(),
  executor: executorKindSchema,
  /** The address that the user gave for live calls; takes of the run ask it too. */
  upstream: z.string().optional(),
  /** Tools that something of Retake's stood before while this run ran, and what. */
  tools: z.array(z.object({ name: z.string(), hands: z.array(z.enum(toolHands)) })).optional(),
  /** Set for a take. */
  take: launchedTakeSchema.optional(),
});
export type LaunchRecord = z.infer<typeof launchRecordSchema>;

const run = promisify(execFile);
const gitPatienceMs = 3_000;

/** The commit, and a digest of what differs from it; undefined where there is no git. Nothing is written. */
export async function gitState(cwd: string): Promise<LaunchRecord['git']> {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', ['--no-optional-locks', ...args], { cwd, timeout: gitPatienceMs, maxBuffer: 64 * 1024 * 1024 }))
      .stdout;
  try {
    const commit = (await git('rev-parse', 'HEAD')).trim();
    const changed = await git('status', '--porcelain=v1', '-z');
    return { commit, ...(changed === '' ? {} : { changes: hash('sha256', changed + (await git('diff', 'HEAD'))) }) };
  } catch {
    return undefined;
  }
}
