import { z } from 'zod';
import { causeSchema } from '../../../../shared/model/cause.ts';
import type { Cause } from '../../../../shared/model/cause.ts';

/**
 * The reader of recordings and takes that were made before causes were values: they hold a sentence. Nothing else reads a fact out
 * of words.
 */

/** A difference as it is kept: a value, or its words. */
export const keptCauseSchema = z.union([causeSchema, z.string().transform((text): Cause => ({ kind: 'said', text }))]);

/** By what a call left the recording, from the note that the gateway wrote about it. */
export function causeOfNote(note: string | undefined): Cause | undefined {
  const text = /\((.+)\)\. (?:Nothing was sent|It went live)/s.exec(note ?? '')?.[1];
  return text === undefined ? undefined : { kind: 'said', text };
}
