import type { ExportRequest, RedactionRequest } from '../../../shared/contract.ts';
import type { LookedThrough, RedactionReport } from '../../../shared/model/redaction.ts';
import { NotFound } from '../base/faults.ts';
import { giveAway } from '../base/given-bytes.ts';
import { readRun } from '../library/queries/run-detail.ts';
import { exportFileName, exportRun } from './export.ts';
import { createLearntTakeTrees } from './share/learnt-take-trees.ts';
import { redactTexts } from './share/redacted-texts.ts';
import type { RedactedTexts, RedactTextsRequest } from './share/redacted-texts.ts';
import { reportRedaction } from './share/redaction-report.ts';
import type { ContentLibrary } from './step-content.ts';

/** Exports that nobody fetches any more are closed when this many others were opened. */
const maximumOpenExports = 16;
const exportChunkBytes = 192 * 1024;
/** The thread answers others in between. */
const sliceMs = 60;

/** Exports under way. Chunks are fetched one by one, so that the reader sets the pace. */
export interface OpenExports {
  /** Throws NotFound where there is no such run. */
  open(request: ExportRequest): { readonly exportId: number; readonly fileName: string };
  /** undefined after the last chunk; how far it is while there is none yet. Throws NotFound when the export was closed. The bytes are given away. */
  next(exportId: number): Uint8Array | LookedThrough | undefined;
  /** A report that comes by `nextOfReport`. Throws NotFound where there is no such run. */
  openReport(request: RedactionRequest): number;
  /** How far it is while it is being made. */
  nextOfReport(exportId: number): RedactionReport | LookedThrough;
  /** Texts that come by `nextOfTexts`. Throws NotFound where there is no such run. */
  openTexts(request: RedactTextsRequest): number;
  nextOfTexts(exportId: number): RedactedTexts | LookedThrough;
  close(exportId: number): void;
}

export function createOpenExports(reader: ContentLibrary): OpenExports {
  const learnt = createLearntTakeTrees(reader);
  const exports = new Map<number, Iterator<Buffer | LookedThrough>>();
  const reports = new Map<number, Iterator<LookedThrough, RedactionReport>>();
  const texts = new Map<number, Iterator<LookedThrough, RedactedTexts>>();
  let lastExportId = 0;

  function keep<Work>(list: Map<number, Work>, work: Work): number {
    lastExportId += 1;
    list.set(lastExportId, work);
    for (const oldest of list.keys()) {
      if (list.size <= maximumOpenExports) break;
      list.delete(oldest);
    }
    return lastExportId;
  }

  return {
    open(request) {
      readRun(reader, request.runId);
      return {
        exportId: keep(exports, exportRun(reader, learnt, request)),
        fileName: exportFileName(request.runId, request.format),
      };
    },
    next(exportId) {
      const chunks = exports.get(exportId);
      if (!chunks) throw closed();
      const parts: Buffer[] = [];
      let bytes = 0;
      const until = performance.now() + sliceMs;
      while (bytes < exportChunkBytes) {
        const next = chunks.next();
        if (next.done) return bytes === 0 ? undefined : giveAway(Buffer.concat(parts));
        if (next.value instanceof Buffer) {
          parts.push(next.value);
          bytes += next.value.length;
        }
        if (performance.now() < until) continue;
        if (!(next.value instanceof Buffer)) return next.value;
        break;
      }
      return giveAway(Buffer.concat(parts));
    },
    openReport(request) {
      readRun(reader, request.runId);
      return keep(reports, reportRedaction(reader, learnt, request));
    },
    nextOfReport: (exportId) => nextOf(reports, exportId),
    openTexts(request) {
      readRun(reader, request.runId);
      return keep(texts, redactTexts(learnt, request));
    },
    nextOfTexts: (exportId) => nextOf(texts, exportId),
    close(exportId) {
      exports.get(exportId)?.return?.();
      exports.delete(exportId);
      reports.delete(exportId);
      texts.delete(exportId);
    },
  };
}

/** The outcome, or after a slice of time how far it is. */
function nextOf<Outcome>(
  list: ReadonlyMap<number, Iterator<LookedThrough, Outcome>>,
  exportId: number,
): Outcome | LookedThrough {
  const work = list.get(exportId);
  if (!work) throw closed();
  const until = performance.now() + sliceMs;
  for (;;) {
    const next = work.next();
    if (next.done || performance.now() > until) return next.value;
  }
}

const closed = (): NotFound => new NotFound('This export was closed. Start it again.');
