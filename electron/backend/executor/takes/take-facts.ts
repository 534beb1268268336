import { z } from 'zod';
import { editSchema } from '../../../../shared/model/edit.ts';
import type { Edit } from '../../../../shared/model/edit.ts';
import { executorKindSchema } from '../../../../shared/model/take.ts';
import type { ExecutorKind } from '../../../../shared/model/take.ts';
import type { Calls } from '../../base/calls.ts';
import { parseJson } from '../../base/json-values.ts';
import type { TakeReads } from '../../read/take-reads.ts';
import { launchRecordSchema } from '../recorded/launch-record.ts';

/** How a take was started: what the lineage record says, or the resource of its spans. */
export interface TakeFacts {
  readonly executor: ExecutorKind | undefined;
  readonly edits: readonly Edit[];
  readonly sweep: { readonly batchId: string; readonly model: string | undefined } | undefined;
  /** The parent's call at the fork: its number in the parent's recording, and its span. */
  readonly fork: { readonly seq: number | undefined; readonly spanId: string | undefined } | undefined;
}

const editsSchema = z.array(editSchema);

/** From the launch where this install made the take, else from the resource of its spans. */
export async function readTakeFacts(sources: Pick<Calls<TakeReads>, 'takeOrigin'>, runId: string): Promise<TakeFacts> {
  const { launch: launched, resource } = await sources.takeOrigin(runId);
  const launch = launched === undefined ? undefined : launchRecordSchema.safeParse(parseJson(launched)).data;
  if (launch?.take)
    return {
      executor: launch.executor,
      edits: launch.take.edits,
      sweep: launch.take.sweep && { batchId: launch.take.sweep.batchId, model: launch.take.sweep.model },
      fork: { seq: launch.take.forkSeq, spanId: launch.take.forkSpanId },
    };
  const edits = editsSchema.safeParse(parseJson(resource.get('retake.edits') ?? '[]')).data ?? [];
  const batchId = resource.get('retake.sweep.id');
  return {
    edits,
    executor: executorKindSchema.safeParse(resource.get('retake.executor')).data,
    sweep: batchId === undefined ? undefined : { batchId, model: resource.get('retake.sweep.variant') },
    fork: undefined,
  };
}
