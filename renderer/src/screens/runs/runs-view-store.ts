import { create } from 'zustand';

/** What the list keeps while another screen is open: the current row, the selection, and where it was scrolled to. */
interface RunsViewState {
  readonly current: string | undefined;
  readonly selected: ReadonlySet<string>;
  readonly scrollTop: number;
}

export const useRunsView = create<RunsViewState>(() => ({
  current: undefined,
  selected: new Set<string>(),
  scrollTop: 0,
}));

export function setCurrentRun(current: string | undefined): void {
  useRunsView.setState({ current });
}

export function toggleSelected(runId: string): void {
  useRunsView.setState((state) => {
    const selected = new Set(state.selected);
    if (!selected.delete(runId)) selected.add(runId);
    return { selected };
  });
}

export function clearSelection(): void {
  useRunsView.setState({ selected: new Set() });
}

export function rememberScroll(scrollTop: number): void {
  useRunsView.setState({ scrollTop });
}
