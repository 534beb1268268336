import { libraryFile, openWritable } from './database.ts';

/** For tests of what is read of a run without its recording, as in the library of another install. No backend may have it open. */
export function withoutRecordings(directory: string): void {
  const database = openWritable(libraryFile(directory));
  database.exec('DELETE FROM exchange; DELETE FROM recording');
  database.close();
}
