import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who listens on a local TCP port, as `name (pid 123)`, or undefined where the system does not tell (other users, Windows). */
export async function findPortOwner(port: number): Promise<string | undefined> {
  try {
    return process.platform === 'linux'
      ? await ownerFromProc(port)
      : process.platform === 'darwin'
        ? await ownerFromLsof(port)
        : undefined;
  } catch {
    return undefined;
  }
}

const listenState = '0A';

async function ownerFromProc(port: number): Promise<string | undefined> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${hexPort}`) && fields[3] === listenState && fields[9])
        inodes.add(`socket:[${fields[9]}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (inodes.has(target)) return `${await programName(pid)} (pid ${pid})`;
    }
  }
  return undefined;
}

/** Node calls its main thread MainThread, and so the process: then it is called by the program that was started. */
async function programName(pid: string): Promise<string> {
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
  if (name !== 'MainThread') return name;
  const [program = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  return basename(program) || name;
}

async function ownerFromLsof(port: number): Promise<string | undefined> {
  const { stdout } = await run('/usr/sbin/lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeout: 2_000 });
  const pid = /^p(\d+)/m.exec(stdout)?.[1];
  const name = /^c(.+)/m.exec(stdout)?.[1];
  return pid ? `${name ?? 'a program'} (pid ${pid})` : undefined;
}
