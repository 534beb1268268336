import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process that is known again, although its number may be given to another one later. */
export interface KnownProcess {
  readonly pid: number;
  /** When it began, in the system's own words. */
  readonly began: string;
}

interface Row extends KnownProcess {
  readonly parent: number;
}

/** All processes below one, whatever groups and sessions they made for themselves: coding agents run their shells so. Empty where the system does not tell. */
export function processesBelow(pid: number): readonly KnownProcess[] {
  const rows = rowsOf();
  const found = new Map<number, Row>();
  for (let before = -1; before < found.size;) {
    before = found.size;
    for (const row of rows)
      if (row.pid !== pid && (row.parent === pid || found.has(row.parent))) found.set(row.pid, row);
  }
  return [...found.values()];
}

/** Those of them that still run. */
export function stillRunning(known: readonly KnownProcess[]): readonly KnownProcess[] {
  if (known.length === 0) return [];
  const now = new Map(rowsOf().map(({ pid, began }) => [pid, began]));
  return known.filter(({ pid, began }) => now.get(pid) === began);
}

function rowsOf(): readonly Row[] {
  try {
    if (process.platform === 'linux')
      return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? rowOfProc(Number(name)) : []));
    if (process.platform === 'win32') return [];
    return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,lstart='], { encoding: 'utf8', timeout: 3_000 })
      .split('\n')
      .flatMap((line) => {
        const [, pid, parent, began] = /^\s*(\d+)\s+(\d+)\s+(.+)$/.exec(line) ?? [];
        return pid === undefined || parent === undefined || began === undefined
          ? []
          : [{ pid: Number(pid), parent: Number(parent), began }];
      });
  } catch {
    return [];
  }
}

/** proc(5): the name in brackets may hold anything; after it come state, parent, and as the 20th the start. What has ended and waits for its parent does not run. */
function rowOfProc(pid: number): readonly Row[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? [] : [{ pid, parent: Number(fields[1]), began: fields[19] ?? '' }];
  } catch {
    return [];
  }
}
