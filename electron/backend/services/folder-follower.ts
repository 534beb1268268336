import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { wordsOf } from '../../../shared/words-of.ts';

/** A folder whose growing files are read as they grow; those that lie there are left alone until somebody asks for them. */
export interface FolderFollower {
  readonly folder: string;
  /** How often a file was read since it is followed. */
  readonly read: number;
  /** What keeps it from being followed, or makes it slow; undefined: nothing. */
  readonly problem: string | undefined;
  close(): Promise<void>;
}

export interface FollowerOptions {
  /** Reads a file again: what was read before is not stored twice. False: it is of no format that is read. Rejects when it cannot be read now. */
  readonly read: (path: string) => Promise<boolean>;
  /** Something that the follower says of itself changed. */
  readonly onChange?: () => void;
  /** Tests shorten these; milliseconds. */
  readonly settleMs?: number;
  readonly lookMs?: number;
}

/** A client writes several lines for one answer: they are read together. */
const defaultSettleMs = 400;
/** Where the system's events are lost (network drives, too many folders), this long at most. */
const defaultLookMs = 30_000;
/** A file that was written to so shortly before is a session that goes on. */
const goesOnMs = 120_000;
/** A file is read anew as a whole: reading takes a fifth of the time at most, however long the session is. */
const restFactor = 4;
const maximumDepth = 16;
const maximumFiles = 100_000;

interface Known {
  bytes: number;
  modifiedMs: number;
  /** Not read again before. */
  notBeforeMs: number;
}

/** Begins to follow at once. */
export function followFolder(folder: string, options: FollowerOptions): FolderFollower {
  const { read, onChange = () => undefined, settleMs = defaultSettleMs, lookMs = defaultLookMs } = options;
  const known = new Map<string, Known>();
  const due = new Set<string>();
  let isFirstLook = true;
  let isLost = false;
  let count = 0;
  let problem: string | undefined;
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let wakeMs = Number.POSITIVE_INFINITY;
  let working: Promise<void> | undefined;
  let closed = false;

  function say(words: string | undefined): void {
    if (words === problem) return;
    problem = words;
    onChange();
  }

  function wakeIn(ms: number): void {
    const atMs = performance.now() + ms;
    if (closed || atMs >= wakeMs) return;
    clearTimeout(timer);
    wakeMs = atMs;
    timer = setTimeout(() => {
      wakeMs = Number.POSITIVE_INFINITY;
      working = (working ?? Promise.resolve()).then(work);
    }, ms).unref();
  }

  async function work(): Promise<void> {
    if (closed) return;
    if (watcher === undefined || isLost) await lookAtAll();
    const nowMs = performance.now();
    for (const path of due) {
      const file = known.get(path);
      if (file !== undefined && file.notBeforeMs > nowMs) {
        wakeIn(file.notBeforeMs - nowMs);
        continue;
      }
      due.delete(path);
      await readIfGrown(path);
      if (closed) return;
    }
    wakeIn(lookMs);
  }

  /** What there is, and what of it has changed. */
  async function lookAtAll(): Promise<void> {
    isLost = false;
    try {
      if (watcher === undefined) startWatching();
      for (const path of await filesBelow(folder)) if (await hasChanged(path)) due.add(path);
      isFirstLook = false;
    } catch (error) {
      stopWatching();
      say(`It cannot be read: ${wordsOf(error)}`);
    }
  }

  async function hasChanged(path: string): Promise<boolean> {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !found.isFile()) return false;
    const { size: bytes, mtimeMs: modifiedMs } = found;
    const file = known.get(path);
    if (file?.bytes === bytes && file.modifiedMs === modifiedMs) return false;
    known.set(path, { bytes, modifiedMs, notBeforeMs: file?.notBeforeMs ?? 0 });
    // What lies there already is not read unasked, but for what goes on.
    return !isFirstLook || Date.now() - modifiedMs < goesOnMs;
  }

  async function readIfGrown(path: string): Promise<void> {
    const startMs = performance.now();
    try {
      if (await read(path)) {
        count += 1;
        onChange();
      }
      say(undefined);
    } catch (error) {
      // It comes again with the next change, or the next look.
      known.delete(path);
      isLost = true;
      say(`${path} could not be read: ${wordsOf(error)}`);
    }
    const file = known.get(path);
    if (file !== undefined) file.notBeforeMs = performance.now() + (performance.now() - startMs) * restFactor;
    if (file !== undefined && (await hasChanged(path))) due.add(path);
    if (due.size > 0) wakeIn(settleMs);
  }

  function startWatching(): void {
    try {
      watcher = watch(folder, { recursive: true, persistent: false }, (_event, name) => {
        if (name === null) isLost = true;
        else void noticed(join(folder, name));
        wakeIn(settleMs);
      });
      watcher.on('error', () => {
        stopWatching();
        say(slow);
        wakeIn(lookMs);
      });
      say(undefined);
    } catch {
      say(slow);
    }
  }

  async function noticed(path: string): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    // A folder that is new may have files already, of which no event tells.
    if (found?.isDirectory() === true) isLost = true;
    else if (await hasChanged(path)) due.add(path);
    wakeIn(settleMs);
  }

  function stopWatching(): void {
    watcher?.close();
    watcher = undefined;
  }

  wakeIn(0);
  return {
    folder,
    get read() {
      return count;
    },
    get problem() {
      return problem;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      stopWatching();
      await working;
    },
  };
}

const slow = `The system does not tell of changes there: it is looked at every ${defaultLookMs / 1_000} seconds.`;

async function filesBelow(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  const folders = [{ path: folder, depth: 0 }];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of await readdir(next.path, { withFileTypes: true })) {
      const path = join(next.path, entry.name);
      // Links are not followed: they may lead anywhere.
      if (entry.isFile() && files.length < maximumFiles) files.push(path);
      else if (entry.isDirectory() && next.depth < maximumDepth) folders.push({ path, depth: next.depth + 1 });
    }
  }
  return files;
}
