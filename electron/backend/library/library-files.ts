import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export const libraryFile = (directory: string): string => join(directory, 'library.db');
/** What a follower keeps; the text index among them. */
export const followerFile = (directory: string, id: string): string => join(directory, `${id}.db`);
/** The library's file and those of its followers, with what is not folded into them yet. */
export const databaseFiles = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter((name) => /\.db(-wal)?$/.test(name))
    .map((name) => join(directory, name));
