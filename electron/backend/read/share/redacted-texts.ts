import type { LookedThrough, Redaction, RedactionKind } from '../../../../shared/model/redaction.ts';
import type { LearntTakeTrees } from './learnt-take-trees.ts';

export interface RedactTextsRequest {
  readonly runId: string;
  readonly redaction: Redaction;
  readonly texts: readonly string[];
}

/** The texts with names in the place of what is private, and how many places have one, by kind. */
export interface RedactedTexts {
  readonly texts: readonly string[];
  readonly replaced: Partial<Record<RedactionKind, number>>;
  /** Contents that are no text: a name stands for each. */
  readonly leftOut: number;
}

/** Texts of a run as they are handed on with it: a value has the name that it has in the run's files. Yields while the run is looked through. */
export function* redactTexts(
  learnt: LearntTakeTrees,
  { runId, redaction, texts }: RedactTextsRequest,
): Generator<LookedThrough, RedactedTexts, void> {
  const redactor = yield* learnt.redactor(runId, redaction, texts);
  const replaced = new Map<RedactionKind, number>();
  let leftOut = 0;
  for (const text of texts)
    for (const { hits } of redactor.pieces(text))
      for (const { kind, isKept } of hits.flatMap(({ values }) => values)) {
        if (kind === 'unsearched') leftOut += 1;
        else if (!isKept) replaced.set(kind, (replaced.get(kind) ?? 0) + 1);
      }
  return { texts: texts.map((text) => redactor.apply(text)), replaced: Object.fromEntries(replaced), leftOut };
}
