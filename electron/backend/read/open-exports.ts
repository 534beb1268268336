import type { ExportFormat } from '../../../shared/contract.ts';
import { NotFound } from '../base/faults.ts';
import { giveAway } from '../base/given-bytes.ts';
import { readRun } from '../library/queries/run-detail.ts';
import type { LibraryReader } from '../library/reader.ts';
import { exportFileName, exportRun } from './export.ts';

/** Exports that nobody fetches any more are closed when this many others were opened. */
const maximumOpenExports = 16;
const exportChunkBytes = 192 * 1024;

/** Exports under way. Chunks are fetched one by one, so that the reader sets the pace. */
export interface OpenExports {
  /** Throws NotFound where there is no such run. */
  open(runId: string, format: ExportFormat): { readonly exportId: number; readonly fileName: string };
  /** undefined after the last chunk; throws NotFound when the export was closed. The bytes are given away. */
  next(exportId: number): Uint8Array | undefined;
  close(exportId: number): void;
}

export function createOpenExports(reader: LibraryReader): OpenExports {
  const exports = new Map<number, Iterator<Buffer>>();
  let lastExportId = 0;

  return {
    open(runId, format) {
      readRun(reader, runId);
      lastExportId += 1;
      exports.set(lastExportId, exportRun(reader, runId, format));
      for (const oldest of exports.keys()) {
        if (exports.size <= maximumOpenExports) break;
        exports.delete(oldest);
      }
      return { exportId: lastExportId, fileName: exportFileName(runId, format) };
    },
    next(exportId) {
      const chunks = exports.get(exportId);
      if (!chunks) throw new NotFound('This export was closed. Start it again.');
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
    close(exportId) {
      exports.get(exportId)?.return?.();
      exports.delete(exportId);
    },
  };
}
