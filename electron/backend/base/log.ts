/**
 * What the program says about itself, for whoever looks into it: one line each on the standard error stream, so that what commands
 * print (and `--json`) stays clean. `RETAKE_LOG` chooses how much: `error`, `warn` (unless said otherwise), `info` or `debug`.
 */

const levels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof levels)[number];

export interface Log {
  /** One line. Control characters of the text, line ends among them, become spaces. */
  write(level: LogLevel, text: string): void;
}

export interface LogOptions {
  /** This level and those before it are written. */
  readonly level: LogLevel;
  /** Takes a line with its end. */
  readonly output: (line: string) => void;
}

export function createLog({ level, output }: LogOptions): Log {
  return {
    write(of, text) {
      if (levels.indexOf(of) > levels.indexOf(level)) return;
      output(`retake ${of}: ${text.replace(/\p{Cc}+/gu, ' ')}\n`);
    },
  };
}

/** The level that a text names; `warn` for any other, and for none. */
export function logLevelOf(text: string | undefined): LogLevel {
  return levels.find((level) => level === text) ?? 'warn';
}

/** This process's own; a thread's lines come out through the process's stream. */
export const processLog: Log = createLog({
  level: logLevelOf(process.env['RETAKE_LOG']),
  output: (line) => void process.stderr.write(line),
});
