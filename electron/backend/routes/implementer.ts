import { implement, ORPCError } from '@orpc/server';
import { contract } from '../../../shared/contract.ts';
import { RerunRefused } from '../executor/executor-services.ts';
import { EditRefused } from '../executor/gateway/edit-request.ts';
import { LaunchFailed } from '../executor/process-group.ts';
import { LibraryUnavailable } from '../receiver/request.ts';
import { NotFound, Refused, WorkerDied } from '../workers/thread-wire.ts';

/**
 * The contract, to be implemented group by group. Faults of the backend become the contract's own errors here, in one place;
 * anything else stays an internal error.
 */
export const os = implement(contract).use(async ({ next }) => {
  try {
    return await next();
  } catch (error) {
    throw contractError(error);
  }
});

/** Also for errors thrown inside a stream, which the middleware no longer sees. */
export function contractError(error: unknown): unknown {
  if (error instanceof NotFound) return new ORPCError('NOT_FOUND', { message: error.message, cause: error });
  if (error instanceof LibraryUnavailable || error instanceof WorkerDied) {
    return new ORPCError('UNAVAILABLE', { message: error.message, data: { advice: error.message }, cause: error });
  }
  if (
    error instanceof Refused ||
    error instanceof RerunRefused ||
    error instanceof EditRefused ||
    error instanceof LaunchFailed
  )
    return new ORPCError('REFUSED', { message: error.message, data: { advice: error.message }, cause: error });
  return error;
}

/** A stream whose faults are the contract's. */
export async function* withContractErrors<T>(stream: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  try {
    yield* stream;
  } catch (error) {
    throw contractError(error);
  }
}
