import { useSyncExternalStore } from 'react';
import { z } from 'zod';
import { longestQuery } from '../../../shared/query/query.ts';
import { storedValue } from '../lib/stored-value.ts';

/** A query with a name, kept in this profile. */
const savedViewSchema = z.object({ name: z.string().min(1).max(100), query: z.string().min(1).max(longestQuery) });
export type SavedView = Readonly<z.infer<typeof savedViewSchema>>;

const mostViews = 100;
const stored = storedValue<readonly SavedView[]>('retake.runs.views', z.array(savedViewSchema).max(mostViews), []);
const listeners = new Set<() => void>();

function write(views: readonly SavedView[]): void {
  stored.write(views.slice(0, mostViews));
  for (const listener of listeners) listener();
}

export function useSavedViews(): readonly SavedView[] {
  return useSyncExternalStore(subscribe, () => stored.read());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Under a name that is there already it takes the place of what was there. */
export function saveView(view: SavedView): void {
  const views = stored.read();
  const isThere = views.some(({ name }) => name === view.name);
  write(isThere ? views.map((one) => (one.name === view.name ? view : one)) : [...views, view]);
}

export function renameView(name: string, next: string): void {
  write(
    stored
      .read()
      .filter((view) => view.name !== next || name === next)
      .map((view) => (view.name === name ? { ...view, name: next } : view)),
  );
}

/** Gives what puts it back where it was. */
export function deleteView(name: string): () => void {
  const before = stored.read();
  write(before.filter((view) => view.name !== name));
  return () => write(before);
}

/** A name for a view that nobody has named yet. */
export function nameFor(query: string): string {
  return query.length <= 40 ? query : `${query.slice(0, 39)}…`;
}

let chosen: string | undefined;

/** The view that was opened last: what is asked for now may have gone on from it. */
export function useChosenView(): string | undefined {
  return useSyncExternalStore(subscribe, () => chosen);
}

export function chooseView(name: string | undefined): void {
  chosen = name;
  for (const listener of listeners) listener();
}
