import { wordsOf } from '../../../shared/words-of.ts';
import { glanceAtFile } from '../ingest/sources/glance-at-file.ts';
import type { Glance } from '../ingest/sources/glance-at-file.ts';
import { findFiles } from './find-files.ts';
import type { FoundFile } from './find-files.ts';

/** What lies in a folder, by the beginnings of its files: nothing is stored. */
export interface FolderListing {
  /** Files that Retake reads, the newest first. */
  readonly files: readonly ListedFile[];
  /** The others, by why they are not read. */
  readonly others: readonly { readonly reason: string; readonly files: number; readonly example: string }[];
}

export interface ListedFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** `sessions of Claude Code`. */
  readonly holds: string;
  /** The client's own id of the session. */
  readonly session?: string;
  /** The first line that a person wrote. */
  readonly prompt?: string;
  readonly startedMs?: number;
}

/** Files that are looked at side by side: the disk waits more than the reader. */
const atOnce = 8;

/** Throws AbortError. */
export async function listFolder(folder: string, signal: AbortSignal | undefined): Promise<FolderListing> {
  const { files: found, problems } = await findFiles([folder], signal);
  const newest = found.toSorted((a, b) => b.modifiedMs - a.modifiedMs);
  const glances = Array.from<Glance | { readonly kind: 'failed'; readonly reason: string }>({ length: newest.length });
  let next = 0;
  const look = async (): Promise<void> => {
    for (let at = next++; at < newest.length; at = next++) {
      signal?.throwIfAborted();
      const { path } = newest[at] as FoundFile;
      glances[at] = await glanceAtFile(path).catch((error: unknown) => ({
        kind: 'failed' as const,
        reason: wordsOf(error),
      }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, look));
  const files: ListedFile[] = [];
  const others = new Map<string, { files: number; readonly example: string }>();
  const leaveOut = (reason: string, example: string): void => {
    const known = others.get(reason);
    if (known) known.files += 1;
    else others.set(reason, { files: 1, example });
  };
  for (const { path, reason } of problems) leaveOut(reason, path);
  for (const [at, { path, bytes, modifiedMs }] of newest.entries()) {
    const glance = glances[at];
    switch (glance?.kind) {
      case undefined:
        break;
      case 'readable': {
        const { holds, session } = glance;
        files.push({
          path,
          bytes,
          modifiedMs,
          holds,
          ...(session.session === undefined ? {} : { session: session.session.slice(0, 200) }),
          ...(session.prompt === undefined ? {} : { prompt: session.prompt }),
          ...(session.startNs === undefined ? {} : { startedMs: Number(session.startNs / 1_000_000n) }),
        });
        break;
      }
      case 'empty':
        leaveOut('empty', path);
        break;
      case 'other':
        leaveOut(glance.looksLike, path);
        break;
      case 'failed':
        leaveOut(glance.reason, path);
        break;
    }
  }
  return { files, others: [...others].map(([reason, rest]) => ({ reason, ...rest })) };
}
