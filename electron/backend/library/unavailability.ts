import { LibraryUnavailable } from '../base/faults.ts';
import {
  LibraryDamaged,
  LibraryFromFuture,
  LibraryFull,
  LibraryLocked,
  LibraryRemoved,
  LibraryUnwritable,
} from './faults.ts';

/** What a fault of the library means to those who wait, or undefined when it is none of those. */
export function unavailability(error: unknown): LibraryUnavailable | undefined {
  if (error instanceof LibraryUnavailable) return error;
  if (error instanceof LibraryFull) return new LibraryUnavailable(error.message, 10);
  if (error instanceof LibraryRemoved) return new LibraryUnavailable(error.message, 1);
  if (
    error instanceof LibraryLocked ||
    error instanceof LibraryFromFuture ||
    error instanceof LibraryDamaged ||
    error instanceof LibraryUnwritable
  )
    return new LibraryUnavailable(error.message);
  return undefined;
}
