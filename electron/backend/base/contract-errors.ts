import { ORPCError } from '@orpc/server';
import { LibraryUnavailable, NotFound, Refused, WorkerDied } from './faults.ts';

/** A fault of the backend as the contract's own error; anything else stays an internal error. */
export function contractError(error: unknown): unknown {
  if (error instanceof NotFound) return new ORPCError('NOT_FOUND', { message: error.message, cause: error });
  if (error instanceof LibraryUnavailable || error instanceof WorkerDied) {
    return new ORPCError('UNAVAILABLE', { message: error.message, data: { advice: error.message }, cause: error });
  }
  if (error instanceof Refused)
    return new ORPCError('REFUSED', { message: error.message, data: { advice: error.message }, cause: error });
  return error;
}

/** A stream whose faults are the contract's: the middleware no longer sees what is thrown inside one. */
export async function* withContractErrors<T>(stream: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  try {
    yield* stream;
  } catch (error) {
    throw contractError(error);
  }
}
