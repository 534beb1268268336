import { runLocation } from '../../../../shared/location.ts';
import { useCommands } from '../../session/commands.ts';
import { exportRuns } from '../../session/export-run.ts';
import { navigate } from '../../session/location-store.ts';
import { canUndoDelete, undoDelete } from '../../session/run-actions.ts';
import type { ListItem } from './list-items.ts';
import {
  clearSelection,
  selectRuns,
  setCurrentRun,
  setFollowing,
  setPeeking,
  toggleSelected,
  useRunsView,
} from './runs-view-store.ts';
import { expectRuns } from './use-held-runs.ts';
import type { RunActions } from './use-run-actions.ts';

export interface RunCommandsOptions {
  readonly lines: readonly ListItem[];
  readonly current: string | undefined;
  readonly actions: RunActions;
  readonly setGroupOpen: (id: string, isOpen: boolean) => void;
  /** Runs came, or the order is another, that are not shown. */
  readonly hasNews: boolean;
  readonly showNews: () => void;
}

/** What the keys do: on the line that the keyboard is on, or on what is selected. */
export function useRunCommands({ lines, current, actions, setGroupOpen, hasNews, showNews }: RunCommandsOptions): void {
  const at = current === undefined ? -1 : lines.findIndex(({ id }) => id === current);
  const line = lines[at];
  const isRun = line?.type === 'run';
  const next = (by: 1 | -1): ListItem | undefined => {
    const start = at >= 0 ? at + by : by > 0 ? 0 : lines.length - 1;
    for (let index = start; index >= 0 && index < lines.length; index += by)
      if (lines[index]?.type !== 'more') return lines[index];
    return at >= 0 ? line : undefined;
  };
  const move = (by: 1 | -1) => setCurrentRun(next(by)?.id);
  const selectOn = (by: 1 | -1) => {
    const to = next(by);
    selectRuns([line, to].flatMap((item) => (item?.type === 'run' ? [item.id] : [])));
    setCurrentRun(to?.id);
  };
  /** What is selected, else the current run. */
  const targets = (): readonly string[] => {
    const { selected } = useRunsView.getState();
    return selected.size > 0 ? [...selected] : isRun ? [line.id] : [];
  };
  const hasTargets = () => useRunsView.getState().selected.size > 0 || isRun;
  const groupAt =
    line?.type === 'group' ? at : lines.findLastIndex((item, index) => index <= at && item.type === 'group');
  const group = lines[groupAt];
  useCommands([
    { id: 'runs.next', run: () => move(1), when: () => lines.length > 0 },
    { id: 'runs.previous', run: () => move(-1), when: () => lines.length > 0 },
    {
      id: 'runs.open',
      run: () => {
        if (line?.type === 'group') setGroupOpen(line.id, !line.isOpen);
        else if (line !== undefined) navigate(runLocation(line.id));
      },
      when: () => line !== undefined,
    },
    { id: 'runs.select', run: () => void (isRun && toggleSelected(line.id)), when: () => isRun },
    { id: 'runs.select-next', run: () => selectOn(1), when: () => lines.length > 0 },
    { id: 'runs.select-previous', run: () => selectOn(-1), when: () => lines.length > 0 },
    {
      id: 'runs.select-all',
      run: () => selectRuns(lines.flatMap((item) => (item.type === 'run' ? [item.id] : []))),
      when: () => lines.length > 0,
    },
    // Fewer than two are selected: this run with the one before it, as on the run's own screen.
    { id: 'runs.compare', run: () => actions.compare(targets()), when: hasTargets },
    {
      id: 'runs.select-none',
      run: () => {
        if (useRunsView.getState().isPeeking) setPeeking(false);
        else clearSelection();
      },
      when: () => useRunsView.getState().isPeeking || useRunsView.getState().selected.size > 0,
    },
    {
      id: 'runs.peek',
      run: () => {
        const { isPeeking } = useRunsView.getState();
        if (!isPeeking && !isRun) setCurrentRun(lines.find((item) => item.type === 'run')?.id);
        setPeeking(!isPeeking);
      },
      when: () => lines.length > 0,
    },
    { id: 'runs.rename', run: () => actions.label(targets(), 'name'), when: hasTargets },
    { id: 'runs.tags', run: () => actions.label(targets(), 'tags'), when: hasTargets },
    { id: 'runs.note', run: () => actions.label(targets(), 'note'), when: hasTargets },
    { id: 'runs.pin', run: () => actions.pin(targets()), when: hasTargets },
    { id: 'runs.delete', run: () => void actions.remove(targets()), when: hasTargets },
    { id: 'runs.undo-delete', run: () => undoDelete(expectRuns), when: canUndoDelete },
    {
      id: 'run.share',
      run: () => {
        if (isRun) navigate(runLocation(line.id, { share: true }));
      },
      when: () => isRun,
    },
    { id: 'run.export', run: () => void exportRuns(targets(), 'otlp-json'), when: hasTargets },
    {
      id: 'runs.collapse',
      run: () => {
        if (group === undefined) return;
        setGroupOpen(group.id, false);
        setCurrentRun(group.id);
      },
      when: () => group !== undefined,
    },
    {
      id: 'runs.expand',
      run: () => {
        if (line?.type === 'group' && !line.isOpen) setGroupOpen(line.id, true);
        else move(1);
      },
      when: () => line?.type === 'group',
    },
    { id: 'runs.follow', run: () => setFollowing(!useRunsView.getState().isFollowing) },
    { id: 'runs.show-new', run: showNews, when: () => hasNews },
  ]);
}
