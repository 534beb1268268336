import { stepKinds } from '../../../../shared/model/step.ts';
import type { StepKind } from '../../../../shared/model/step.ts';
import { silent } from './convention.ts';
import type { Classification, Convention } from './convention.ts';

/**
 * What a span is by the word of the program that exported it (`ingest/sources`), where no convention tells it by the span's own attributes.
 */
export const exportedKind = 'retake.export.kind';
/** A finer word: see Classification.subKind. */
export const exportedSubKind = 'retake.export.sub_kind';

const kinds: ReadonlySet<string> = new Set(stepKinds);
const isKind = (value: string | undefined): value is StepKind => value !== undefined && kinds.has(value);

export const exported: Convention = {
  ...silent,
  id: 'exported',
  carrierRank: 9,
  version: 1,
  applies: (view) => view.attributes.has(exportedKind),
  classify(view): Classification | undefined {
    const kind = view.attributes.text(exportedKind);
    const subKind = view.attributes.text(exportedSubKind);
    return isKind(kind) ? { kind, ...(subKind === undefined ? {} : { subKind }) } : undefined;
  },
};
