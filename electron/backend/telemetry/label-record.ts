import {
  cleanLine,
  cleanNote,
  longestName,
  longestNote,
  longestTag,
  mostTags,
} from '../../../shared/model/run-labels.ts';
import type { RunLabels } from '../../../shared/model/run-labels.ts';
import { nanos } from '../../../shared/model/units.ts';
import type { Nanos, TraceId } from '../../../shared/model/units.ts';
import { encodeValue, textRange } from './any-value.ts';
import type { RawAttribute, RawLog } from './raw-span.ts';
import { readAttributes } from './view-span.ts';

/**
 * What a person says of a run goes from one library to another as a log record of its trace, beside its spans, which stay as they came.
 * Another tool shows a log record more.
 */
const scopeName = 'retake.labels';
const eventName = 'retake.run.labels';
const nameKey = 'retake.label.name';
const noteKey = 'retake.label.note';
const tagsKey = 'retake.label.tags';
const pinnedKey = 'retake.label.pinned';

export function labelRecord(traceId: TraceId, labels: RunLabels, timeNs: Nanos): RawLog {
  const attributes: RawAttribute[] = [
    ...(labels.name === undefined ? [] : [{ key: nameKey, value: textRange(labels.name) }]),
    ...(labels.note === undefined ? [] : [{ key: noteKey, value: textRange(labels.note) }]),
    ...(labels.tags.length === 0 ? [] : [{ key: tagsKey, value: encodeValue([...labels.tags]) }]),
    ...(labels.pinned ? [{ key: pinnedKey, value: encodeValue(true) }] : []),
  ];
  return {
    timeNs,
    observedTimeNs: nanos(0n),
    severityNumber: 0,
    severityText: '',
    eventName,
    body: undefined,
    attributes,
    droppedAttributes: 0,
    flags: 0,
    traceId,
    spanId: undefined,
    resource: { attributes: [], droppedAttributes: 0, schemaUrl: '' },
    scope: { name: scopeName, version: '1', attributes: [], droppedAttributes: 0, schemaUrl: '' },
  };
}

export const isLabelRecord = (log: RawLog): boolean =>
  log.scope.name === scopeName && log.eventName === eventName && log.traceId !== undefined;

/** Whoever may have written it: bounded as if it were typed here. `isCut`: there was more than is kept. */
export function readLabelRecord(log: RawLog): { readonly labels: RunLabels; readonly isCut: boolean } {
  const attributes = readAttributes(log.attributes);
  const name = attributes.text(nameKey) ?? '';
  const note = attributes.text(noteKey) ?? '';
  const given = attributes.get(tagsKey);
  const tags = (Array.isArray(given) ? (given as readonly unknown[]) : []).filter((tag) => typeof tag === 'string');
  const labels: RunLabels = {
    name: cleanLine(name, longestName) || undefined,
    note: cleanNote(note) || undefined,
    tags: tags.slice(0, mostTags).map((tag) => cleanLine(tag, longestTag)),
    pinned: attributes.boolean(pinnedKey) === true,
  };
  const isCut =
    tags.length > mostTags ||
    tags.some((tag) => tag.length > longestTag) ||
    name.trim().length > longestName ||
    note.trim().length > longestNote;
  return { labels, isCut };
}
