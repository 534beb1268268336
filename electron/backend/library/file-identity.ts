import { existsSync, statSync } from 'node:fs';

/** Tells a file from another one that took its place. */
export function fileNumber(file: string): bigint | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
}

/** A database that is open, and whether its file still is what lies at its path: others delete, restore and synchronise folders. */
export interface OpenFile {
  /** False once the file, or what is not folded into it yet, was removed or replaced: what is written then is gone with it. */
  isThere(): boolean;
}

export function watchOpenFile(file: string): OpenFile {
  const opened = fileNumber(file);
  const log = `${file}-wal`;
  return { isThere: () => fileNumber(file) === opened && existsSync(log) };
}
