import type { OwnPart } from '../../../shared/own-parts.ts';

let program: readonly [string, ...string[]] | undefined;

/** Said once, by a host that is no Node: parts are started with this command from then on. */
export function startPartsWith(command: readonly [string, ...string[]]): void {
  program = command;
}

/** The command that runs a part of Retake as a process of its own. `file` is where plain Node finds it. */
export function partCommand(part: OwnPart, file: string): readonly [string, ...string[]] {
  return program === undefined ? [process.execPath, file] : [...program, '--part', part];
}
