/**
 * What can go wrong in the backend and be said to whoever asked. Each keeps its class between threads (workers/thread-wire.ts)
 * and becomes an error of the contract in one place (routes/implementer.ts). The message is for a person: what went wrong, what to do.
 */

/** There is no such run, step or attribute. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** The request was understood and cannot be done as asked; the message says what to do. */
export class Refused extends Error {
  override readonly name: string = 'Refused';
}

/** The thread that was to answer died; the call may be tried again. */
export class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
}

/** The library cannot take data now (disk full, locked): answered 503 with Retry-After, so that exporters send again. */
export class LibraryUnavailable extends Error {
  override readonly name = 'LibraryUnavailable';
  readonly retryAfterSeconds: number;
  constructor(message: string, retryAfterSeconds = 5) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The body as a whole is not what its content type says: answered 400, which exporters never retry. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}
