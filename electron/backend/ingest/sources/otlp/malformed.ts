/** A whole request or file is not telemetry of the announced form: nothing of it was taken. */
export class MalformedTelemetry extends Error {
  override readonly name = 'MalformedTelemetry';
}

/** One span, log record or attribute list breaks a rule; the message is the reason shown to the user. */
export class RefusedItem extends Error {
  override readonly name = 'RefusedItem';

  /** Without its stack: a body of 3.9 KB, unpacked, refuses two million, and each stack took as long as reading ten (FACTS.md, Hostile input). */
  constructor(reason: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
  }
}
