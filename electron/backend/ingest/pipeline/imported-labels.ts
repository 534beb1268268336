import type { RunLabels } from '../../../../shared/model/run-labels.ts';
import type { RunId, TraceId } from '../../../../shared/model/units.ts';
import { isLabelRecord, readLabelRecord } from '../../telemetry/label-record.ts';
import type { RawLog } from '../../telemetry/raw-span.ts';
import type { Committer } from './committer.ts';
import type { PipelineOptions } from './pipeline-options.ts';

/** More runs of one file keep their own names. */
const mostRuns = 100_000;

/**
 * What another Retake's export says of its runs: names, notes, tags, pins. It is taken for runs of which nobody has said anything here, is
 * marked as come with the file, and is told in the report: a pinned run stays whatever the settings say.
 */
export interface ImportedLabels {
  /** True: the record tells of labels, and is none of the telemetry. */
  take(log: RawLog): boolean;
  /** After the spans of the part are stored. Gives what is to be said of it. */
  apply(): readonly string[];
}

export function createImportedLabels(
  committer: Committer,
  { library, events }: Pick<PipelineOptions, 'library' | 'events'>,
): ImportedLabels {
  const byTrace = new Map<TraceId, RunLabels>();
  let cut = 0;
  let leftOut = 0;
  return {
    take(log) {
      if (log.traceId === undefined || !isLabelRecord(log)) return false;
      if (byTrace.size >= mostRuns && !byTrace.has(log.traceId)) {
        leftOut += 1;
        return true;
      }
      const { labels, isCut } = readLabelRecord(log);
      if (isCut) cut += 1;
      byTrace.set(log.traceId, labels);
      return true;
    },
    apply() {
      const changed: RunId[] = [];
      let pinned = 0;
      committer.write(() => {
        for (const [traceId, labels] of byTrace) {
          const runId = library.takeOverLabels(traceId, labels, 'file');
          if (runId === undefined) continue;
          changed.push(runId);
          if (labels.pinned) pinned += 1;
        }
      }, 'import');
      if (changed.length > 0) events.runsChanged(changed);
      return [
        ...(changed.length === 0
          ? []
          : [
              `The names, notes and tags of ${runs(changed.length)} came with the file${pinned === 0 ? '' : `; ${runs(pinned)} of them ${pinned === 1 ? 'is' : 'are'} pinned, and ${pinned === 1 ? 'stays' : 'stay'} whatever the settings say of old ones`}.`,
            ]),
        ...(cut === 0 ? [] : [`Names, notes or tags of ${runs(cut)} were longer than is kept, and were cut.`]),
        ...(leftOut === 0 ? [] : [`The names, notes and tags of ${runs(leftOut)} were left out: there are too many.`]),
      ];
    },
  };
}

const runs = (count: number): string => `${count} ${count === 1 ? 'run' : 'runs'}`;
