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

/** One piece of the library is not what was written; the others are. */
export class DamagedContent extends Error {
  override readonly name = 'DamagedContent';
}

/** Its folder or files do not let us write: a read-only disk, another owner. */
export class LibraryUnwritable extends Error {
  override readonly name = 'LibraryUnwritable';
}

/** The open file was removed or replaced: what was written since is gone with it, and was not acknowledged. */
export class LibraryRemoved extends Error {
  override readonly name = 'LibraryRemoved';
}

/** SQLite says the file is damaged, or it is not a Retake library. */
export class LibraryDamaged extends Error {
  override readonly name = 'LibraryDamaged';
}
