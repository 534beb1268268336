import type { ExecutorKind } from '../../../../shared/model/take.ts';
import type { LaunchRecord } from '../recorded/launch-record.ts';

/** What the spans of a run say of it: its name, and for a take where it comes from (FACTS.md, Lineage). */
export function resourceOf(
  traceId: string,
  name: string,
  take: { readonly lineage: NonNullable<LaunchRecord['take']> } | undefined,
  executor: ExecutorKind,
): Readonly<Record<string, string | number>> {
  const lineage = take?.lineage;
  return {
    'service.name': name,
    'retake.run.id': traceId,
    'retake.run.kind': lineage ? 'rerun' : 'record',
    'retake.executor': executor,
    ...(lineage
      ? {
          'retake.parent.run_id': lineage.parentRunId,
          'retake.parent.trace_id': lineage.parentRunId,
          'retake.root.run_id': lineage.rootRunId,
          'retake.fork.step': lineage.forkStep,
          'retake.fork.side': lineage.edits.some(({ op }) => op === 'response') ? 'after' : 'before',
          ...(lineage.forkSpanId === undefined ? {} : { 'retake.fork.span_id': lineage.forkSpanId }),
          ...(lineage.edits.length === 0 ? {} : { 'retake.edits': JSON.stringify(lineage.edits) }),
          ...(lineage.sweep === undefined
            ? {}
            : {
                'retake.sweep.id': lineage.sweep.batchId,
                'retake.sweep.repeat': lineage.sweep.position,
                ...(lineage.sweep.model === undefined ? {} : { 'retake.sweep.variant': lineage.sweep.model }),
              }),
        }
      : {}),
  };
}
