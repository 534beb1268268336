import { printable, writeAll } from '../output.ts';
import { breakHandling, breaksOf } from './ask-at-break.ts';
import { CommandFault } from './fault.ts';
import { splitCommand, stopOnSignals, withRecordingBackend } from './recording-backend.ts';
import type { RunOptions } from './rerun-options.ts';

/**
 * `retake run -- COMMAND`: runs it behind the gateway and keeps what it needs to be run again from any step. The command has the
 * terminal; the last line on the standard output is the run's id. Resolves with the command's own exit code.
 */
export async function runCommand(words: readonly string[], options: RunOptions): Promise<number> {
  const command = splitCommand(words, 'retake run -- python agent.py');
  return withRecordingBackend(options, async (backend) => {
    const stop = stopOnSignals();
    const { ended } = backend.takes.record(
      {
        launch: { command: [...command], cwd: process.cwd() },
        breaks: breaksOf(options.break),
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(options.upstream === undefined ? {} : { upstream: options.upstream }),
      },
      {
        attended: false,
        ...breakHandling(),
        output: 'inherit',
        signal: stop.signal,
        onStarted: (runId) => process.stderr.write(`retake: recording run ${runId}\n`),
        onNote: (text) => process.stderr.write(`retake: ${printable(text)}\n`),
      },
    );
    const [result] = await ended;
    stop.release();
    const outcome = result?.outcome;
    if (!outcome) throw result?.error ?? new CommandFault('Nothing was run.');
    await writeAll(process.stdout, [`${outcome.runId}\n`]);
    // Each was said as a note.
    if (outcome.problems.length > 0) throw new CommandFault('The recording is not whole.');
    return outcome.exitCode ?? 1;
  });
}
