import { runSession } from '../../backend/executor/run-session.ts';
import { writeAll } from '../output.ts';
import { CommandFault } from './fault.ts';
import { splitCommand, stopOnSignals, withRecordingBackend } from './recording-backend.ts';
import type { LibraryOption } from './session.ts';

interface RunOptions extends LibraryOption {
  readonly name?: string;
  readonly upstream?: string;
}

/**
 * `retake run -- COMMAND`: runs it behind the gateway and keeps what it needs to be run again from any step. The command has the
 * terminal; the last line on the standard output is the run's id. Resolves with the command's own exit code.
 */
export async function runCommand(words: readonly string[], options: RunOptions): Promise<number> {
  const command = splitCommand(words, 'retake run -- python agent.py');
  return withRecordingBackend(options, async (backend) => {
    const stop = stopOnSignals();
    const outcome = await runSession({
      services: backend.executor, command, cwd: process.cwd(), environment: process.env, stdio: 'inherit',
      name: options.name, upstream: options.upstream, signal: stop.signal, take: undefined,
      onStart: (runId) => process.stderr.write(`retake: recording run ${runId}\n`),
    });
    stop.release();
    if (outcome.requests === 0) {
      process.stderr.write('retake: no model call came to the gateway, so this run cannot be run again. The agent may have the address of its provider built in: have it read OPENAI_BASE_URL, ANTHROPIC_BASE_URL or GOOGLE_GEMINI_BASE_URL.\n');
    }
    await writeAll(process.stdout, [`${outcome.runId}\n`]);
    if (outcome.problems.length > 0) throw new CommandFault(`The recording is not whole: ${outcome.problems.join(' ')}`);
    return outcome.exitCode ?? 1;
  });
}
