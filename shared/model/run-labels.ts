import { z } from 'zod';

/** What a person says of a run: a name in place of its own, a note, tags. Bounded, since they also come with files. */
export const longestTag = 60;
export const mostTags = 50;
export const longestNote = 4_000;
export const longestName = 200;

/** On one line, without signs that are none: a tag or a name as it is kept; empty where nothing is left. */
export function cleanLine(text: string, longest: number): string {
  return cut(text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim(), longest);
}

/** A note as it is kept: its lines stay. */
export function cleanNote(text: string): string {
  return cut(
    text
      .replaceAll(/\r\n?/g, '\n')
      .replace(/[^\P{Cc}\n\t]/gu, '')
      .trim(),
    longestNote,
  );
}

/** Half a surrogate pair at the cut is no text. */
const cut = (text: string, longest: number): string =>
  text.length > longest
    ? text
        .slice(0, longest)
        .replace(/[\uD800-\uDBFF]$/, '')
        .trimEnd()
    : text;

const tagsSchema = z.array(z.string().min(1).max(longestTag)).max(mostTags);

/** A change of the labels of some runs; what is absent stays. An empty name gives a run its own back, an empty note takes it away. */
export const labelChangeSchema = z.object({
  name: z.string().max(longestName).optional(),
  note: z.string().max(longestNote).optional(),
  addTags: tagsSchema.optional(),
  removeTags: tagsSchema.optional(),
});
export type LabelChange = Readonly<z.infer<typeof labelChangeSchema>>;

/** The labels of a run, as they go from one library to another. */
export interface RunLabels {
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  readonly tags: readonly string[];
  readonly pinned: boolean;
}
