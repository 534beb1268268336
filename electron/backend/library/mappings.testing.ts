import Database from 'better-sqlite3';
import { libraryFile } from './database.ts';

/** For tests: takes from a closed library what it has known since migration 80, so that it is as a program left it that knew one number for all conventions. */
export function withoutMappings(directory: string): void {
  const database = new Database(libraryFile(directory));
  database.exec(`
    DROP INDEX run_removed;
    ALTER TABLE run DROP COLUMN removed_us;
    ALTER TABLE run DROP COLUMN pinned;
    DROP TABLE spend;
    DROP TABLE rollup;
    CREATE TABLE rollup (day INTEGER);
    CREATE TABLE run_rollup (run INTEGER PRIMARY KEY, shares TEXT NOT NULL);
    DROP TABLE mapping;
    ALTER TABLE run DROP COLUMN mapping;
    INSERT INTO setting (name, json) VALUES ('mapperVersion', '3');
    PRAGMA user_version = 70;`);
  database.close();
}
