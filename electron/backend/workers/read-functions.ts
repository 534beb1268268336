import { NotFound } from '../base/faults.ts';
import { createCompareFunctions } from '../diff/compare-functions.ts';
import type { LibraryReader, StoredStep } from '../library/library.ts';
import { openLibraryReader } from '../library/reader.ts';
import { attributeText } from '../read/attribute-rows.ts';
import { exportFileName, exportRun } from '../read/export.ts';
import { createContentReader, hasOwnSource, sourceOf } from '../read/step-content.ts';
import { copyMessages, readStepDetail, readStepListItem } from '../read/step-detail.ts';
import { createTakeReads } from '../read/take-reads.ts';
import { encodeOtlpJson, spanToJson } from '../telemetry/export-otlp.ts';
import { isLogStepSeq, spanIdOfLogStep } from '../telemetry/log-step.ts';
import type { ReadFunctions } from './thread-functions.ts';
import { giveAway } from './thread-wire.ts';

/** Exports that nobody fetches any more are closed when this many others were opened. */
const maximumOpenExports = 16;
const exportChunkBytes = 192 * 1024;

/** The queries of the library as the read thread offers them. Opens the library at once; throws its typed errors. */
export function createReadFunctions(directory: string): ReadFunctions {
  const reader = openLibraryReader({ directory });
  const contents = createContentReader(reader);
  const exports = new Map<number, Iterator<Buffer>>();
  let lastExportId = 0;

  return {
    figures() {
      const { libraryBytes, receivedBytes, runs, steps } = reader.counts();
      return { libraryBytes, rawBytes: receivedBytes, runs, steps };
    },
    list({ filter, sort, descending, cursor, limit }) {
      const { runs, nextCursor } = reader.listRuns(filter, sort, descending, cursor, limit);
      return { runs: [...runs], ...(nextCursor === undefined ? {} : { nextCursor }) };
    },
    totals(filter) {
      const { costUsd, p95DurationMs, ...rest } = reader.runTotals(filter);
      return {
        ...rest,
        ...(costUsd === undefined ? {} : { costUsd }),
        ...(p95DurationMs === undefined ? {} : { p95DurationMs }),
      };
    },
    facets() {
      const { agents, models } = reader.facets();
      return { agents: [...agents], models: [...models] };
    },
    run: (runId) => reader.runDetail(runId) ?? notFound(`Run ${runId} is not in this library.`),
    many: (runIds) => [...reader.runsById(runIds)],
    recording: (runId) => reader.recording(runId),
    exchange: (runId, seq) => reader.exchange(runId, seq),
    find: (idPrefix) => [...reader.findRuns(idPrefix)],
    stepTable: (runId) => reader.stepTable(runId) ?? notFound(`Run ${runId} is not in this library.`),
    stepDetail: (runId, index) => readStepDetail(reader, contents, findStep(reader, runId, index)),
    stepList: (runId, from, to, withMessages) =>
      reader.stepsBetween(runId, from, to).map((stored) => readStepListItem(contents, stored, withMessages)),
    stepMessages(runId, index, from, to) {
      const { step } = findStep(reader, runId, index);
      const input = hasOwnSource(step) ? (contents.content(runId, step.spanSeq)?.content.input ?? []) : [];
      return copyMessages(input.slice(from, to));
    },
    stepAttribute(runId, index, key, of) {
      const { step } = findStep(reader, runId, index);
      const span = hasOwnSource(step) ? sourceOf(reader, runId, step.spanSeq)?.span : undefined;
      const text = span && attributeText(of === 'span' ? span.attributes : span.resource.attributes, key);
      return text ?? notFound(`Step ${index} has no attribute ${key}.`);
    },
    stepRaw(runId, index) {
      const { step } = findStep(reader, runId, index);
      const sources = [...new Set([step.spanSeq, step.resultSpanSeq])].flatMap((seq) =>
        seq === undefined ? [] : sourceJson(reader, runId, seq),
      );
      return sources.join('\n');
    },
    exportOpen(runId, format) {
      if (!reader.runDetail(runId)) notFound(`Run ${runId} is not in this library.`);
      lastExportId += 1;
      exports.set(lastExportId, exportRun(reader, runId, format));
      for (const oldest of exports.keys()) {
        if (exports.size <= maximumOpenExports) break;
        exports.delete(oldest);
      }
      return { exportId: lastExportId, fileName: exportFileName(runId, format) };
    },
    exportNext(exportId) {
      const chunks = exports.get(exportId) ?? notFound('This export was closed. Start it again.');
      const parts: Buffer[] = [];
      let bytes = 0;
      while (bytes < exportChunkBytes) {
        const next = chunks.next();
        if (next.done) break;
        parts.push(next.value);
        bytes += next.value.length;
      }
      return bytes === 0 ? undefined : giveAway(Buffer.concat(parts));
    },
    exportClose(exportId) {
      exports.get(exportId)?.return?.();
      exports.delete(exportId);
    },
    ...createTakeReads(reader),
    ...createCompareFunctions(reader, contents),
    close: () => reader.close(),
  };
}

function findStep(reader: LibraryReader, runId: string, index: number): StoredStep {
  return reader.step(runId, index) ?? notFound(`Run ${runId} has no step ${index}.`);
}

function notFound(message: string): never {
  throw new NotFound(message);
}

/** What was sent, as sent: the span, or the log records of a step that has none. */
function sourceJson(reader: LibraryReader, runId: string, seq: number): readonly string[] {
  if (isLogStepSeq(seq))
    return [Buffer.concat([...encodeOtlpJson([], reader.logsOfSpan(runId, spanIdOfLogStep(seq)))]).toString('utf8')];
  const span = reader.readSpan(runId, seq);
  return span ? [spanToJson(span)] : [];
}
