/** What a library can refuse: each message says what to do. What they mean to those who wait: unavailability.ts. */

/** Another process writes this library. Reading goes on. */
export class LibraryLocked extends Error {
  override readonly name = 'LibraryLocked';
}

/** The disk is full: nothing of the transaction was kept. */
export class LibraryFull extends Error {
  override readonly name = 'LibraryFull';
}

/** Written by a newer Retake. */
export class LibraryFromFuture extends Error {
  override readonly name = 'LibraryFromFuture';
}

/** SQLite says the file is damaged, or it is not a Retake library. */
export class LibraryDamaged extends Error {
  override readonly name = 'LibraryDamaged';
}
