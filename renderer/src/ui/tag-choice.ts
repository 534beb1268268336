import type { LabelChange } from '../../../shared/model/run-labels.ts';

/** A tag, and how many of the runs in question have it. */
export interface TagChoice {
  readonly tag: string;
  /** Infinite: all of them are to have it. */
  readonly count: number;
}

export function tagsOfRuns(runs: readonly { readonly tags?: readonly string[] | undefined }[]): readonly TagChoice[] {
  const counts = new Map<string, number>();
  for (const { tags = [] } of runs) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].map(([tag, count]) => ({ tag, count }));
}

/** What makes one of the other: a tag that some of the runs had stays as it is, unless it was given to all or taken away. */
export function changeOfTags(
  before: readonly TagChoice[],
  after: readonly TagChoice[],
): Pick<LabelChange, 'addTags' | 'removeTags'> {
  const counts = new Map(before.map(({ tag, count }) => [tag, count]));
  const left = new Set(after.map(({ tag }) => tag));
  const addTags = after.flatMap(({ tag, count }) => (count > (counts.get(tag) ?? 0) ? [tag] : []));
  const removeTags = before.flatMap(({ tag }) => (left.has(tag) ? [] : [tag]));
  return { ...(addTags.length === 0 ? {} : { addTags }), ...(removeTags.length === 0 ? {} : { removeTags }) };
}
