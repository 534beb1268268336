import { splitCommand } from './command-words.ts';

/** A command line and its folder as they are typed, read into what can be started. */
export interface LaunchNotes {
  /** A remark on one of the two. */
  set(field: 'command' | 'folder', message: string): unknown;
}

export interface Launch {
  command: string[];
  cwd: string;
}

/** Undefined with the reason in `problems`; also, without a reason, where no command was typed. */
export function readLaunch(
  command: string,
  folder: string,
  problems: LaunchNotes,
  hints?: LaunchNotes,
): Launch | undefined {
  const split = splitCommand(command);
  if ('problem' in split) {
    problems.set('command', split.problem);
    return undefined;
  }
  if (split.words.length === 0) return undefined;
  if (split.shellWords.length > 0)
    hints?.set('command', `No shell reads this: ${split.shellWords.join(' ')} goes to the program as it stands.`);
  const cwd = folder.trim();
  const problem =
    cwd === ''
      ? 'The folder to start it in.'
      : isAbsolute(cwd)
        ? undefined
        : 'A whole path, from the root of the disk.';
  if (problem !== undefined) problems.set('folder', problem);
  return problem === undefined ? { command: [...split.words], cwd } : undefined;
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith('\\\\');
}

/** An http or https address. */
export function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol } = new URL(text);
  return protocol === 'http:' || protocol === 'https:';
}
