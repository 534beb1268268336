/** A whole request or file is not telemetry of the announced form: nothing of it was taken. */
export class MalformedTelemetry extends Error {
  override readonly name = 'MalformedTelemetry';
}

/** One span, log record or attribute list breaks a rule; the message is the reason shown to the user. */
export class RefusedItem extends Error {
  override readonly name = 'RefusedItem';
  /** All of the item was read before it was refused. */
  readonly isRead: boolean;

  /** Without its stack: a body of 3.9 KB, unpacked, refuses two million, and each stack took as long as reading ten (FACTS.md, Hostile input). */
  constructor(reason: string, isRead = false) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
    this.isRead = isRead;
  }
}

/** What a span lacks, each made once: a hostile body has millions without it. */
export const refusedSpan = {
  withoutTrace: new RefusedItem('no trace id', true),
  withoutId: new RefusedItem('no span id', true),
  withoutTime: new RefusedItem('neither a start nor an end time', true),
} as const;
