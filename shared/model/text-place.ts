import { z } from 'zod';

const at = z.number().int().nonnegative();

/** Where a text of a step stands: what its tool was given or gave, a part of a message that the model saw or said (counted from 0), the value of an attribute, or the span itself. */
export const textPlaceSchema = z.discriminatedUnion('of', [
  z.object({ of: z.enum(['arguments', 'result', 'raw']) }),
  z.object({ of: z.enum(['input', 'output']), message: at, part: at }),
  z.object({ of: z.enum(['span', 'resource']), key: z.string() }),
]);
export type TextPlace = Readonly<z.infer<typeof textPlaceSchema>>;

/** A text of which only the beginning was sent: its whole length in characters, and where the rest is to be had. */
export const cutTextSchema = z.object({ length: z.number(), place: textPlaceSchema });
export type CutText = Readonly<z.infer<typeof cutTextSchema>>;
