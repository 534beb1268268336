import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { TakeSession } from '../executor.ts';

/** What the command is started with, for its output to go where it should. */
export function stdioOf(output: TakeSession['output']): StdioOptions {
  if (output === 'inherit') return 'inherit';
  return output === 'inherit-stderr' ? ['inherit', process.stderr, 'inherit'] : ['ignore', 'pipe', 'pipe'];
}

const maximumLine = 10_000;

/** Passes on what the command writes, line by line; what is too long for a line comes in pieces. */
export function passLines(
  { stdout, stderr }: Pick<ChildProcess, 'stdout' | 'stderr'>,
  take: Extract<TakeSession['output'], (...parameters: never) => void>,
): void {
  for (const [stream, source] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const) {
    let rest = '';
    source?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(stream, line);
      for (; rest.length > maximumLine; rest = rest.slice(maximumLine)) take(stream, rest.slice(0, maximumLine));
    });
    source?.on('end', () => {
      if (rest !== '') take(stream, rest);
    });
  }
}
