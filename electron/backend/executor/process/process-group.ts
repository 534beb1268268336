import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Refused } from '../../base/faults.ts';
import { partCommand } from '../../base/own-program.ts';
import { processesBelow, stillRunning } from './process-tree.ts';
import type { KnownProcess } from './process-tree.ts';

/** A command with everything that it starts, as one thing that can be ended whole. */
export interface ProcessGroup {
  readonly child: ChildProcess;
  /** Settles when the command has ended and nothing that it started is left. */
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly signal: NodeJS.Signals | undefined }>;
  /** Asks the whole group to end, and ends it if it does not; with it what had left the group. */
  stop(signal?: 'SIGINT' | 'SIGTERM'): void;
}

export interface LaunchOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdio: StdioOptions;
}

/** The command could not be started at all. */
export class LaunchFailed extends Refused {
  override readonly name = 'LaunchFailed';
}

/** For an agent to write its last spans and put its terminal in order. */
const patienceMs = 3_000;
const checkMs = 50;

/** Starts the command without a shell: its arguments are arguments, whatever is in them. */
export async function launch({ command, cwd, environment, stdio }: LaunchOptions): Promise<ProcessGroup> {
  const [file, ...args] = command;
  const ownGroup = process.platform !== 'win32';
  const child = spawn(file, args, { cwd, env: environment, stdio, detached: ownGroup, windowsHide: true });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(new LaunchFailed(`${file} could not be started in ${cwd}: ${error.message}`)),
    );
  });
  const { pid } = child;
  if (pid === undefined) throw new LaunchFailed(`${file} could not be started in ${cwd}.`);
  const watch = watchOver(pid, ownGroup);
  let stopping: NodeJS.Timeout | undefined;
  /** Below the command when it was asked to end: they may be in groups of their own. */
  const strays = new Map<number, KnownProcess>();

  const send = (signal: NodeJS.Signals): void => sendToGroup(pid, signal, ownGroup);
  const note = (): void => {
    for (const process of processesBelow(pid)) strays.set(process.pid, process);
  };
  const ended = new Promise<{ readonly exitCode: number | undefined; readonly signal: NodeJS.Signals | undefined }>(
    (resolve) => {
      child.once('exit', (code, signal) => {
        void Promise.all([endGroup(pid, ownGroup), endStrays([...strays.values()])]).then(() => {
          clearTimeout(stopping);
          watch.release();
          resolve({ exitCode: code ?? undefined, signal: signal ?? undefined });
        });
      });
    },
  );
  return {
    child,
    ended,
    stop(signal = 'SIGTERM') {
      note();
      send(signal);
      stopping ??= setTimeout(() => {
        note();
        send('SIGTERM');
        sendToAll(strays, 'SIGTERM');
        stopping = setTimeout(() => {
          note();
          send('SIGKILL');
          sendToAll(strays, 'SIGKILL');
        }, patienceMs);
      }, patienceMs);
    },
  };
}

function sendToGroup(pid: number, signal: NodeJS.Signals, ownGroup: boolean): void {
  try {
    if (ownGroup) process.kill(-pid, signal);
    else spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
  } catch {
    // It has ended.
  }
}

function isGroupAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** After the command itself: what it left running is asked to end, then ended. */
async function endGroup(pid: number, ownGroup: boolean): Promise<void> {
  if (!ownGroup) return;
  const until = performance.now() + patienceMs;
  if (isGroupAlive(pid)) sendToGroup(pid, 'SIGTERM', true);
  while (isGroupAlive(pid) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, checkMs));
  if (isGroupAlive(pid)) sendToGroup(pid, 'SIGKILL', true);
}

/** What was below the command and is in no group of it. */
async function endStrays(known: readonly KnownProcess[]): Promise<void> {
  const until = performance.now() + patienceMs;
  let left = stillRunning(known);
  for (const { pid } of left) sendTo(pid, 'SIGTERM');
  while (left.length > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, checkMs));
    left = stillRunning(left);
  }
  for (const { pid } of left) sendTo(pid, 'SIGKILL');
}

function sendToAll(known: ReadonlyMap<number, KnownProcess>, signal: NodeJS.Signals): void {
  for (const { pid } of stillRunning([...known.values()])) sendTo(pid, signal);
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** In the sources beside this module, in what is built among the hands. */
function watchmanFile(): string {
  const isSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(isSource ? './watchman.mjs' : './hands/watchman.mjs', import.meta.url));
}

/** Ends the group when this process is killed: its agents must not go on unseen. */
function watchOver(pid: number, ownGroup: boolean): { release(): void } {
  // On Windows a child dies with the console or is found by its parent's id; there is no group to watch.
  if (!ownGroup) return { release: () => undefined };
  const [program, ...before] = partCommand('watchman', watchmanFile());
  const child = spawn(program, [...before, String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { PATH: process.env['PATH'] },
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  return { release: () => void child.stdin.end('released') };
}
