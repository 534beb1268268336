import { ORPCError } from '@orpc/server';
import { wordsOf } from '../../../shared/words-of.ts';

/** 0: done. 1: it could not be done, stderr says why. 2: the command line itself is wrong. */
export const exitCodes = { failed: 1, usage: 2 } as const;

/** A fault that the user can do something about: printed as it is, without a stack. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
  readonly exitCode: number;
  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** One sentence for stderr: what went wrong and what to do. */
export function faultText(error: unknown): string {
  if (error instanceof ORPCError) return adviceOf(error.data) ?? error.message;
  return wordsOf(error);
}

function adviceOf(data: unknown): string | undefined {
  return typeof data === 'object' && data !== null && 'advice' in data && typeof data.advice === 'string'
    ? data.advice
    : undefined;
}
