import type { SourceOutput } from '../source.ts';
import type { RecordedRun, RunReport } from './recorded-run.ts';

/** Writes the runs that a reader gives one by one, and passes on what it reports between them. */
export async function writeRuns(read: (report: RunReport) => Iterable<RecordedRun>, out: SourceOutput): Promise<void> {
  const report: RunReport = {
    skip: (reason) => out.skip({ line: undefined, reason }),
    warn: (message) => out.warn(message),
  };
  for (const run of read(report)) await out.run(run);
}
