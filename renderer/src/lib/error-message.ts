import { ORPCError } from '@orpc/client';
import { z } from 'zod';
import { wordsOf } from '../../../shared/words-of.ts';

const adviceSchema = z.object({ advice: z.string() });

/** What went wrong in words for the reader: the backend's advice where it gives one, else the error's own message. */
export function messageOf(error: unknown): string {
  if (error instanceof ORPCError) {
    const parsed = adviceSchema.safeParse(error.data);
    if (parsed.success) return parsed.data.advice;
  }
  return wordsOf(error);
}
