import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { Refused } from '../../base/faults.ts';
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

/** Ends the group when the pipe to this process breaks: when Retake itself is killed, its agents must not go on unseen. */
const watchman = `
process.stdin.resume();
let released = false;
process.stdin.on('data', () => { released = true; process.exit(0); });
const { readdirSync, readFileSync } = require('node:fs');
const rows = () => {
  const found = new Map();
  try {
    if (process.platform === 'linux') {
      for (const name of readdirSync('/proc')) {
        if (!/^\\d+$/.test(name)) continue;
        try {
          const stat = readFileSync('/proc/' + name + '/stat', 'utf8');
          const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
          found.set(Number(name), { parent: Number(fields[1]), began: fields[19] });
        } catch {}
      }
    } else {
      for (const line of require('node:child_process').execFileSync('ps', ['-A', '-o', 'pid=,ppid=,lstart='], { encoding: 'utf8', timeout: 3000 }).split('\\n')) {
        const [, pid, parent, began] = /^\\s*(\\d+)\\s+(\\d+)\\s+(.+)$/.exec(line) || [];
        if (pid) found.set(Number(pid), { parent: Number(parent), began });
      }
    }
  } catch {}
  return found;
};
process.stdin.on('end', () => {
  if (released) return;
  const root = Number(process.argv[1]);
  const below = new Map();
  const look = () => {
    const all = rows();
    for (let before = -1; before < below.size;) {
      before = below.size;
      for (const [pid, row] of all) if (pid !== root && (row.parent === root || below.has(row.parent))) below.set(pid, row.began);
    }
  };
  const kill = (signal) => {
    look();
    try { process.kill(-root, signal); } catch {}
    const all = rows();
    for (const [pid, began] of below) if (all.get(pid)?.began === began) try { process.kill(pid, signal); } catch {}
  };
  kill('SIGTERM');
  setTimeout(() => { kill('SIGKILL'); process.exit(0); }, ${patienceMs});
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
`;

function watchOver(pid: number, ownGroup: boolean): { release(): void } {
  // On Windows a child dies with the console or is found by its parent's id; there is no group to watch.
  if (!ownGroup) return { release: () => undefined };
  // Electron's binary is Node when it is told so.
  const child = spawn(process.execPath, ['-e', watchman, String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { ELECTRON_RUN_AS_NODE: '1', PATH: process.env['PATH'] },
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  return { release: () => void child.stdin.end('released') };
}
