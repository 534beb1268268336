import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';

/** An app that was opened from Finder, a dock or a menu has the system's PATH only: the user's commands are not on it. */
const patienceMs = 3_000;
const mark = '__retake_path__';

/** Whether a shell started this process, which then has the PATH of the user already. */
export function isFromShell(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): boolean {
  return platform === 'win32' || environment['SHLVL'] !== undefined;
}

/**
 * The PATH that the user's login shell has; undefined where it says none in time. The user's own start files run, as in a terminal
 * that they open; nothing but PATH is taken from them.
 */
export async function loginShellPath(
  environment: NodeJS.ProcessEnv,
  limitMs = patienceMs,
): Promise<string | undefined> {
  const shell = environment['SHELL'] ?? userInfo().shell ?? undefined;
  if (shell === undefined || shell === '') return undefined;
  // fish and nu print lists with spaces; the program `env` prints what programs get, whatever the shell.
  const child = spawn(shell, ['-ilc', `/usr/bin/env printf %s ${mark}; /usr/bin/env; /usr/bin/env printf %s ${mark}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: environment,
    detached: true,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    if (text.length < 1_000_000) text += part;
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const late = setTimeout(() => {
    // A start file that waits for an answer never ends: the shell goes with all that it started.
    try {
      // 0 would be the group of this process.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  }, limitMs);
  await ended;
  clearTimeout(late);
  const [, printed, rest] = text.split(mark);
  if (printed === undefined || rest === undefined) return undefined;
  return /^PATH=(.+)$/m.exec(printed)?.[1];
}
