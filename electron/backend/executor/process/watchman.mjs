// Ends an agent's group when the pipe to this process breaks: when Retake itself is killed, its agents must not go on unseen.
// A program of its own (shared/own-parts.ts), in plain JavaScript: `watchman PID`, told by a word on the standard input that all is well.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

process.stdin.resume();
let released = false;
process.stdin.on('data', () => {
  released = true;
  process.exit(0);
});
const rows = () => {
  const found = new Map();
  try {
    if (process.platform === 'linux') {
      for (const name of readdirSync('/proc')) {
        if (!/^\d+$/.test(name)) continue;
        try {
          const stat = readFileSync('/proc/' + name + '/stat', 'utf8');
          const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
          found.set(Number(name), { parent: Number(fields[1]), began: fields[19] });
        } catch {}
      }
    } else {
      for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid=,lstart='], {
        encoding: 'utf8',
        timeout: 3000,
      }).split('\n')) {
        const [, pid, parent, began] = /^\s*(\d+)\s+(\d+)\s+(.+)$/.exec(line) || [];
        if (pid) found.set(Number(pid), { parent: Number(parent), began });
      }
    }
  } catch {}
  return found;
};
process.stdin.on('end', () => {
  if (released) return;
  const root = Number(process.argv.at(-1));
  const below = new Map();
  const look = () => {
    const all = rows();
    for (let before = -1; before < below.size;) {
      before = below.size;
      for (const [pid, row] of all)
        if (pid !== root && (row.parent === root || below.has(row.parent))) below.set(pid, row.began);
    }
  };
  const kill = (signal) => {
    look();
    try {
      process.kill(-root, signal);
    } catch {}
    const all = rows();
    for (const [pid, began] of below)
      if (all.get(pid)?.began === began)
        try {
          process.kill(pid, signal);
        } catch {}
  };
  kill('SIGTERM');
  setTimeout(() => {
    kill('SIGKILL');
    process.exit(0);
  }, 3_000);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

// As a part of Electron it is over only when it says so: a module that ends is a program that ends there.
await new Promise(() => undefined);
