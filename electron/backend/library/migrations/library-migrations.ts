import { firstLibrary } from './0010-first-library.ts';
import type { Migration } from './migrate.ts';

export const libraryMigrations: readonly Migration[] = [firstLibrary];
