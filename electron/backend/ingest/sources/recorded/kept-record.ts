import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { sourceAttributes } from '../../../telemetry/source-attributes.ts';
import type { AttributeReader } from '../../../telemetry/span-view.ts';

/** A larger record is not kept, and the import's report says so: such a run is read again from its file only. */
export const maximumRecordBytes = 64 * 1024 * 1024;

/** What the root span of a recorded run keeps of the file that it was read from. */
export interface KeptRecord {
  readonly sourceId: string;
  /** The version of the source that gave the spans as they are. */
  readonly version: number;
  /** See RecordedRun.place. */
  readonly place: number;
  /** Compressed, as on the span. */
  readonly bytes: Uint8Array;
}

export const packRecord = (text: Buffer): Buffer => zstdCompressSync(text);

/** JSON text, at most `maximumRecordBytes`. Throws when the bytes are no record: a span may come from anyone. */
export const unpackRecord = ({ bytes }: KeptRecord): Buffer =>
  zstdDecompressSync(bytes, { maxOutputLength: maximumRecordBytes });

/** The record on a root span; undefined where the span has none, which is so for every span that came as telemetry. */
export function keptRecord(attributes: AttributeReader): KeptRecord | undefined {
  const sourceId = attributes.text(sourceAttributes.id);
  const bytes = attributes.get(sourceAttributes.record);
  return sourceId === undefined || !(bytes instanceof Uint8Array)
    ? undefined
    : {
        sourceId,
        version: attributes.number(sourceAttributes.version) ?? 0,
        place: Math.max(0, Math.trunc(attributes.number(sourceAttributes.place) ?? 0)),
        bytes,
      };
}
