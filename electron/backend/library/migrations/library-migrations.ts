import { firstLibrary } from './0010-first-library.ts';
import { recordings } from './0020-recordings.ts';
import type { Migration } from './migrate.ts';

export const libraryMigrations: readonly Migration[] = [firstLibrary, recordings];
