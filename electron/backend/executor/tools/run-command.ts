import type { Readable } from 'node:stream';
import type { ToolRunner } from '../../../../shared/model/take.ts';
import { launch } from '../process/process-group.ts';
import type { RunnerContext } from './runner-context.ts';
import type { ToolCall, ToolResult } from './tool-call.ts';

/** Of each output; a tool that writes more is cut, and its result says so. */
export const maximumOutputBytes = 4 * 1024 * 1024;

/**
 * Runs the user's command for one call: no shell, the arguments as JSON on its standard input, its standard output is the result.
 * Another exit code than 0 is an error result that ends in what it wrote to its error output. It has a process group of its own,
 * which ends with it, with its time and with the take.
 */
export async function runByCommand(
  runner: Extract<ToolRunner, { type: 'command' }>,
  call: ToolCall,
  { signal, environment }: RunnerContext,
): Promise<ToolResult> {
  const [program, ...rest] = runner.command;
  if (program === undefined) throw new Error('its command is empty');
  signal.throwIfAborted();
  // The name is foreign: it goes where a program must ask for it, as the arguments do, never on the command line.
  const group = await launch({
    command: [program, ...rest],
    cwd: runner.cwd,
    environment: {
      ...environment,
      RETAKE_TOOL_NAME: printable(call.name),
      RETAKE_TOOL_CALL_ID: printable(call.id ?? ''),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = group.child;
  let isLate = false;
  const stop = (): void => group.stop('SIGTERM');
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, runner.timeoutSeconds * 1_000);
  signal.addEventListener('abort', stop);
  const outputs = Promise.all([bounded(stdout), bounded(stderr)]);
  // A command that does not read its input closes it.
  stdin?.on('error', () => undefined);
  stdin?.end(call.arguments);
  try {
    const { exitCode, signal: endedBy } = await group.ended;
    const [output, errors] = await outputs;
    if (signal.aborted) return { content: 'The take was stopped while this tool ran.', isError: true };
    if (exitCode === 0 && !isLate) return { content: output, isError: false };
    const why = isLate
      ? `It was ended after ${runner.timeoutSeconds} s.`
      : endedBy === undefined
        ? `It ended with exit code ${exitCode}.`
        : `It was ended by ${endedBy}.`;
    return {
      content: [output.trimEnd(), errors.trimEnd(), why].filter((text) => text !== '').join('\n'),
      isError: true,
    };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Of an environment variable: a NUL in it keeps the program from starting. */
function printable(text: string): string {
  return text.replaceAll('\0', '').slice(0, 1_000);
}

async function bounded(stream: Readable | null): Promise<string> {
  const chunks: Buffer[] = [];
  let kept = 0;
  let dropped = 0;
  try {
    for await (const chunk of stream ?? []) {
      const bytes = chunk as Buffer;
      const room = maximumOutputBytes - kept;
      if (room > 0) chunks.push(bytes.subarray(0, room));
      kept += Math.min(room, bytes.length);
      dropped += Math.max(0, bytes.length - room);
    }
  } catch {
    // The pipe broke with the process: what came before counts.
  }
  return Buffer.concat(chunks).toString('utf8') + (dropped === 0 ? '' : `\n[${dropped} more bytes, cut by Retake]`);
}
