import { z } from 'zod';

/** What things of a run take on the disk, in bytes: reckoned from what they take where several are packed together. */
const partsSchema = z.object({
  /** Spans and logs without their long values. */
  spans: z.number(),
  /** Messages, definitions of tools, results: what several runs hold counts where it was first. */
  contents: z.number(),
  /** What was made of them for the screen. */
  steps: z.number(),
  /** Model calls of recordings, for re-runs. */
  recordings: z.number(),
});
export type SizeParts = z.infer<typeof partsSchema>;

/** What takes the room of a library. */
export const librarySizesSchema = z.object({
  /** Largest first; absent `agent`: runs that name none, and what belongs to no run. */
  agents: z.array(partsSchema.extend({ agent: z.string().optional(), runs: z.number() })),
  /** What follows the library and can be made again: the text index, findings. */
  followers: z.number(),
  /** Tables and indexes themselves, the write-ahead log, and room that is free. */
  rest: z.number(),
  /** All files on the disk. */
  total: z.number(),
});
export type LibrarySizes = z.infer<typeof librarySizesSchema>;

export const sizeOfParts = ({ spans, contents, steps, recordings }: SizeParts): number =>
  spans + contents + steps + recordings;
