import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of so many megabytes, in memory. Only root may have one. */
export async function withSmallDisk<T>(megabytes: number, work: (disk: string) => Promise<T>): Promise<T> {
  const disk = mkdtempSync(join(tmpdir(), 'retake-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=777`, 'tmpfs', disk]);
  if (mounted.status !== 0) throw new Error(`A small disk could not be mounted: ${String(mounted.stderr)}`);
  try {
    return await work(disk);
  } finally {
    spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  }
}

/** Leaves so many bytes free; gives what makes room again. */
export function fillDisk(disk: string, freeBytes = 0): () => void {
  const file = join(disk, 'filling');
  const handle = openSync(file, 'a');
  const block = Buffer.alloc(4_096);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(disk);
      if (bavail * bsize <= freeBytes) break;
      writeSync(handle, block);
    }
  } catch {
    // Full to the last block.
  } finally {
    closeSync(handle);
  }
  return () => rmSync(file);
}
