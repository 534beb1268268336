import { z } from 'zod';
import { create } from 'zustand';
import { storedValue } from '../../lib/stored-value.ts';

/** What the list keeps while another screen is open: the current line, the selection, and where it was scrolled to. */
interface RunsViewState {
  /** A run, or the head of a group. */
  readonly current: string | undefined;
  readonly selected: ReadonlySet<string>;
  /** Where a range of the selection begins. */
  readonly anchor: string | undefined;
  readonly scrollTop: number;
  readonly isPeeking: boolean;
  /** New runs are shown as they come. */
  readonly isFollowing: boolean;
  /** Heads of the groups that are open, by what the list is grouped by. */
  readonly openGroups: Readonly<Record<string, ReadonlySet<string>>>;
}

const storedFollowing = storedValue('retake.runs.following', z.boolean(), true);

export const useRunsView = create<RunsViewState>(() => ({
  current: undefined,
  selected: new Set<string>(),
  anchor: undefined,
  scrollTop: 0,
  isPeeking: false,
  isFollowing: storedFollowing.read(),
  openGroups: {},
}));

export function setCurrentRun(current: string | undefined): void {
  useRunsView.setState({ current });
}

export function toggleSelected(runId: string): void {
  useRunsView.setState((state) => {
    const selected = new Set(state.selected);
    if (!selected.delete(runId)) selected.add(runId);
    return { selected, anchor: runId };
  });
}

/** Selects these besides what is selected. */
export function selectRuns(runIds: readonly string[]): void {
  useRunsView.setState((state) => ({
    selected: new Set([...state.selected, ...runIds]),
    anchor: state.anchor ?? runIds[0],
  }));
}

export function clearSelection(): void {
  useRunsView.setState({ selected: new Set(), anchor: undefined });
}

/** Runs that are there no more are not selected. */
export function forgetRuns(runIds: readonly string[]): void {
  const gone = new Set(runIds);
  useRunsView.setState((state) => ({
    selected: new Set([...state.selected].filter((id) => !gone.has(id))),
    ...(state.anchor !== undefined && gone.has(state.anchor) ? { anchor: undefined } : {}),
  }));
}

export function rememberScroll(scrollTop: number): void {
  useRunsView.setState({ scrollTop });
}

export function setPeeking(isPeeking: boolean): void {
  useRunsView.setState({ isPeeking });
}

export function setFollowing(isFollowing: boolean): void {
  storedFollowing.write(isFollowing);
  useRunsView.setState({ isFollowing });
}

const none: ReadonlySet<string> = new Set();

export const openGroupsOf = (state: RunsViewState, grouping: string): ReadonlySet<string> =>
  state.openGroups[grouping] ?? none;

export function setOpenGroups(grouping: string, open: ReadonlySet<string>): void {
  useRunsView.setState((state) => ({ openGroups: { ...state.openGroups, [grouping]: open } }));
}
