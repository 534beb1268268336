import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { detectFile, detectionBytes, headOf, nameOf, seenJson } from './detect.ts';
import type { Detected } from './detect.ts';
import { readJsonLines } from './reading/json-lines.ts';
import { confidence } from './source.ts';
import type { FileHead, SessionGlance, Source, StreamSource } from './source.ts';
import { sources as allSources } from './sources.ts';

/** What a file is, by its first 64 KiB. */
export type Glance =
  /** `holds`: `sessions of Claude Code`. */
  | { readonly kind: 'readable'; readonly holds: string; readonly session: SessionGlance }
  | { readonly kind: 'empty' }
  /** `looksLike`: as a sentence goes on, `text that is not JSON`. */
  | { readonly kind: 'other'; readonly looksLike: string };

/** Most formats are told by so much: a list of a thousand files is looked at in a quarter of the time. */
const firstLookBytes = 16 * 1024;
/** A session begins with a few lines of its client's own. */
const mostLines = 50;

/** Looks at the beginning of a file, however long it is, and stores nothing. Throws the system's error when it cannot be read. */
export async function glanceAtFile(path: string, sources: readonly Source[] = allSources): Promise<Glance> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(detectionBytes), 0, detectionBytes, 0);
    const bytes = buffer.subarray(0, bytesRead);
    const { detected, head } = detect(sources, bytes, basename(path));
    switch (detected.kind) {
      case 'empty':
        return { kind: 'empty' };
      case 'unknown':
        return { kind: 'other', looksLike: detected.seen };
      case 'source': {
        const { source } = detected;
        // Any JSON may be OTLP; that it is none is known once it is read.
        if (source.detect(head, '') <= confidence.possible) return { kind: 'other', looksLike: seenJson(head) };
        const session = source.input === 'stream' ? await glanceAtLines(source, bytes) : {};
        return { kind: 'readable', holds: nameOf(source), session };
      }
    }
  } finally {
    await file.close();
  }
}

function detect(
  sources: readonly Source[],
  bytes: Buffer,
  name: string,
): { readonly detected: Detected; readonly head: FileHead } {
  const first = headOf(bytes.subarray(0, firstLookBytes), bytes.length <= firstLookBytes);
  const detected = detectFile(sources, first, name);
  if (detected.kind !== 'unknown' || first.whole) return { detected, head: first };
  const head = headOf(bytes, bytes.length < detectionBytes);
  return { detected: detectFile(sources, head, name), head };
}

/** What the whole lines of a file's beginning say, until it is enough. */
async function glanceAtLines(source: StreamSource, head: Buffer): Promise<SessionGlance> {
  let known: SessionGlance = {};
  if (source.glance === undefined) return known;
  const lines = head.subarray(0, head.lastIndexOf(0x0a) + 1);
  let count = 0;
  // What is broken is said when the file is read.
  for await (const { value } of readJsonLines(oneChunk(lines), { skip: () => undefined })) {
    known = { ...source.glance(value), ...known };
    count += 1;
    if (count === mostLines || (known.session !== undefined && known.prompt !== undefined)) break;
  }
  return known;
}

async function* oneChunk(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
