import type { TraceId } from '../../../../shared/model/units.ts';
import type { TelemetrySink } from '../../telemetry/raw-span.ts';
import { isTooDeep, readDocument } from './reading/document.ts';
import { maximumRecordBytes, unpackRecord } from './recorded/kept-record.ts';
import type { KeptRecord } from './recorded/kept-record.ts';
import { sourceOutput } from './source-output.ts';
import type { Source } from './source.ts';
import { sources as allSources } from './sources.ts';

export type Reread =
  /** The run's spans went to the sink, the root first. */
  | { readonly kind: 'read'; readonly version: number }
  /** Nothing went to the sink: why, in words for a log. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The current version of each source by its id: a kept record of an earlier version is worth reading again. */
export const sourceVersions = (sources: readonly Source[] = allSources): ReadonlyMap<string, number> =>
  new Map(sources.map(({ id, version }) => [id, version]));

/**
 * Reads a run anew from the record that its root span keeps (`keptRecord(attributes)` finds it), with the source as it is now: the file is
 * not needed. The spans have the ids that they have from the file, so they replace those of the run in the library; the root carries the
 * current version and the same record. A better reader may give fewer steps than an earlier one: spans of the run that do not come again
 * are then left over, and are the caller's to remove.
 *
 * A record comes from a span and may be anyone's: it passes the same bounds as a file. Never throws on its content; throws AbortError.
 */
export async function rereadRecord(
  record: KeptRecord,
  sink: TelemetrySink,
  options: {
    readonly sources?: readonly Source[];
    readonly signal?: AbortSignal | undefined;
    /** The trace id of the run: a run without an id in its file may have one of several. */
    readonly known?: TraceId | undefined;
  } = {},
): Promise<Reread> {
  const { sources = allSources, signal, known } = options;
  const source = sources.find(({ id }) => id === record.sourceId);
  if (source === undefined) return refused(`there is no source ${record.sourceId}`);
  let text: Buffer;
  try {
    text = unpackRecord(record);
  } catch {
    return refused('the record cannot be decompressed');
  }
  const { out, end } = sourceOutput(source, sink, signal, known);
  const chunks = oneChunk(text);
  const name = '';
  const { place } = record;
  if (source.input === 'stream') {
    const outcome = await source.read({ name, chunks, place }, out);
    end();
    return outcome.isRead
      ? { kind: 'read', version: source.version }
      : refused('the source does not recognise the record');
  }
  const read = await readDocument(chunks, maximumRecordBytes);
  if (read.kind !== 'document' || isTooDeep(read.value)) return refused('the record is no JSON document');
  const input = { name, document: read.value, place };
  if (source.input !== 'document') await source.readRecord(input, out);
  else if (source.recognises(read.value)) await source.read(input, out);
  else return refused('the source does not recognise the record');
  end();
  return { kind: 'read', version: source.version };
}

const refused = (reason: string): Reread => ({ kind: 'refused', reason });

async function* oneChunk(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
