import { z } from 'zod';
import { create } from 'zustand';
import { longestQuery } from '../../../shared/query/query.ts';
import { storedValue, useStored } from '../lib/stored-value.ts';

/** A query with a name, kept in this profile. */
const savedViewSchema = z.object({ name: z.string().min(1).max(100), query: z.string().min(1).max(longestQuery) });
export type SavedView = Readonly<z.infer<typeof savedViewSchema>>;

/** More than anybody finds again. */
const mostViews = 100;
const stored = storedValue<readonly SavedView[]>('retake.runs.views', z.array(savedViewSchema).max(mostViews), []);

export function useSavedViews(): readonly SavedView[] {
  return useStored(stored);
}

/** Under a name that is there already it takes the place of what was there. Gives why it was not saved. */
export function saveView(view: SavedView): string | undefined {
  const views = stored.read();
  const isThere = views.some(({ name }) => name === view.name);
  if (!isThere && views.length >= mostViews) return `${mostViews} views are kept, and no more: delete one first.`;
  stored.write(isThere ? views.map((one) => (one.name === view.name ? view : one)) : [...views, view]);
  return undefined;
}

export function renameView(name: string, next: string): void {
  stored.write(
    stored
      .read()
      .filter((view) => view.name !== next || name === next)
      .map((view) => (view.name === name ? { ...view, name: next } : view)),
  );
}

/** Gives what puts it back where it was. */
export function deleteView(name: string): () => void {
  const before = stored.read();
  stored.write(before.filter((view) => view.name !== name));
  return () => stored.write(before);
}

/** A name for a view that nobody has named yet. */
export function nameFor(query: string): string {
  return query.length <= 40 ? query : `${query.slice(0, 39)}…`;
}

const useChosen = create<{ readonly name: string | undefined }>(() => ({ name: undefined }));

/** The view that was opened last: what is asked for now may have gone on from it. */
export function useChosenView(): string | undefined {
  return useChosen((state) => state.name);
}

export function chooseView(name: string | undefined): void {
  useChosen.setState({ name });
}
