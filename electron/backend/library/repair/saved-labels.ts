import type { RunLabels } from '../../../../shared/model/run-labels.ts';
import { traceId as asTraceId } from '../../../../shared/model/units.ts';
import type { TraceId } from '../../../../shared/model/units.ts';
import type { LibraryReader } from '../reader.ts';
import { rowsPastDamage } from './rows-past-damage.ts';

interface LabelRow {
  readonly run_id: string;
  readonly given_name: string | null;
  readonly note: string | null;
  readonly tags: string;
  readonly pinned: number;
}

/** What was said of the runs of a library that may be damaged. Rows that cannot be read were counted with the telemetry. */
export function* savedLabels({
  database,
}: LibraryReader): Generator<{ readonly traceId: TraceId; readonly labels: RunLabels }, void, void> {
  const rows = rowsPastDamage<LabelRow>(
    database,
    { table: 'run', columns: 'run_id, given_name, note, tags, pinned', key: 'id' },
    () => undefined,
  );
  for (const { run_id: runId, given_name: name, note, tags, pinned } of rows) {
    if (!/^[0-9a-f]{32}$/.test(runId)) continue;
    if (name === null && note === null && tags === '[]' && pinned === 0) continue;
    yield {
      traceId: asTraceId(runId),
      labels: { name: name ?? undefined, note: note ?? undefined, tags: tagsOf(tags), pinned: pinned === 1 },
    };
  }
}

/** A page may be damaged inside of a text. */
function tagsOf(json: string): readonly string[] {
  try {
    const tags: unknown = JSON.parse(json);
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  } catch {
    return [];
  }
}
