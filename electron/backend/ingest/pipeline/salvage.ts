import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SalvageReport } from '../../../../shared/model/library-check.ts';
import type { RunId } from '../../../../shared/model/units.ts';
import type { LibraryWriter } from '../../library/library.ts';
import type { LibraryReader } from '../../library/reader.ts';
import { savedLabels } from '../../library/repair/saved-labels.ts';
import { savedRecordings } from '../../library/repair/saved-recordings.ts';
import { savedTelemetry } from '../../library/repair/saved-telemetry.ts';
import type { Committer } from './committer.ts';
import { createImporter } from './import-source.ts';
import type { PipelineOptions } from './pipeline-options.ts';

/** Items between two turns of the event loop: live requests wait for them. */
const itemsAtOnce = 200;

/**
 * Takes what can be read of a damaged library into the open one, as an import takes a file: runs are assembled anew, nothing that was made
 * from spans is taken over. Taken again, nothing is there twice. Throws LibraryUnavailable; what was committed before stays.
 */
export async function salvage(
  from: LibraryReader,
  committer: Committer,
  options: PipelineOptions & { readonly library: LibraryWriter },
): Promise<Omit<SalvageReport, 'asideFolder'>> {
  const kept = { runs: 0, spans: 0, logs: 0, exchanges: 0 };
  const lost = { spans: 0, logs: 0, values: 0, exchanges: 0, stretches: 0 };
  const gone = new Set<RunId>();
  const importer = createImporter(committer, options, (runId) => gone.add(runId));
  let items = 0;
  const turn = async (): Promise<void> => {
    if (++items % itemsAtOnce === 0) await nextTurn();
  };
  try {
    for (const item of savedTelemetry(from)) {
      if (item.kind === 'span') {
        importer.sink.span(item.span);
        kept.spans++;
        lost.values += item.lostValues;
      } else if (item.kind === 'log') {
        importer.sink.log(item.log);
        kept.logs++;
      } else if (item.kind === 'lost span') lost.spans++;
      else if (item.kind === 'lost log') lost.logs++;
      else lost.stretches++;
      await turn();
    }
    importer.flush();
  } finally {
    await importer.assembleRest();
  }
  kept.runs = importer.runIds().length;
  for (const { traceId, labels } of savedLabels(from)) {
    committer.write(() => void options.library.takeOverLabels(traceId, labels, 'library'), 'import');
    await turn();
  }
  for (const item of savedRecordings(from)) {
    if (item.kind === 'recording')
      committer.write(() => options.library.putRecording(item.runId, item.launch), 'import');
    else if (item.kind === 'exchange') {
      committer.write(() => options.library.putExchange(item.runId, item.exchange), 'import');
      kept.exchanges++;
    } else if (item.kind === 'lost exchange') lost.exchanges++;
    else lost.stretches++;
    await turn();
  }
  return { kept, lost };
}
