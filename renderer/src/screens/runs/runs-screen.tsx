import { CircleX, Columns3, Disc, FolderOpen, GitCompareArrows, RefreshCw, SearchX } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { compareLocation, runLocation, runsLocation } from '../../../../shared/location.ts';
import type { LocationOf, RunFilter } from '../../../../shared/location.ts';
import { maximumMatrixRuns } from '../../../../shared/model/comparison.ts';
import { messageOf } from '../../lib/error-message.ts';
import { formatQuantity } from '../../lib/format.ts';
import { showToast } from '../../lib/toasts.ts';
import { runCommand, useCommands } from '../../session/commands.ts';
import { compareWithPrevious } from '../../session/compare-runs.ts';
import { navigate } from '../../session/location-store.ts';
import { useInfo, useRunsTotals, useTakeChanges } from '../../session/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Delayed } from '../../ui/delayed.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu } from '../../ui/menu.tsx';
import type { MenuEntry } from '../../ui/menu.tsx';
import { defaultLayout, readLayout, writeLayout } from './column-layout.ts';
import type { ColumnLayout } from './column-layout.ts';
import { FilterBar } from './filter-bar.tsx';
import { isEmptyFilter } from './query-terms.ts';
import { runColumns } from './run-columns.tsx';
import type { SortKey } from './run-columns.tsx';
import { RunsFooter } from './runs-footer.tsx';
import { RunsTable } from './runs-table.tsx';
import { clearSelection, rememberScroll, setCurrentRun, toggleSelected, useRunsView } from './runs-view-store.ts';
import { arrangeTakes } from './take-rows.ts';
import type { RunRow } from './take-rows.ts';
import { useRunList } from './use-run-list.ts';
import type { RunList } from './use-run-list.ts';
import { ViewsBar } from './views-bar.tsx';
import styles from './runs-screen.module.css';

type RunsLocation = LocationOf<'runs'>;

const openRun = (runId: string) => navigate(runLocation(runId));

/** Every run, newest first, filling in live. */
export function RunsScreen({ location }: { readonly location: RunsLocation }) {
  const { filter, sort, descending } = location;
  const list = useRunList({ filter, sort, descending });
  const { data: totals } = useRunsTotals(filter);
  const { data: changes } = useTakeChanges(list.runs);
  const rows = useMemo(() => arrangeTakes(list.runs, changes), [list.runs, changes]);
  const [layout, setLayout] = useState(readLayout);
  const changeLayout = useCallback((next: ColumnLayout) => {
    setLayout(next);
    writeLayout(next);
  }, []);
  const view = useRunsView();
  const changeFilter = useCallback(
    (next: RunFilter) => navigate(runsLocation({ filter: next, sort, descending }), { replace: true }),
    [sort, descending],
  );
  const changeSort = (next: SortKey, nextDescending: boolean) =>
    navigate(runsLocation({ filter, sort: next, descending: nextDescending }), { replace: true });
  useRowCommands(rows, view.current);

  return (
    <>
      <header className={styles.header}>
        <h1 className={styles.title}>Runs</h1>
        <FilterBar filter={filter} onFilter={changeFilter} />
        {view.selected.size > 0 && (
          <Button look="ghost" keys="Escape" onClick={clearSelection}>
            {view.selected.size} selected
          </Button>
        )}
        {view.selected.size > 1 && (
          <Button icon={<GitCompareArrows />} keys="c" onClick={() => compareSelected(rows, view.selected)}>
            Compare
          </Button>
        )}
        {list.isStale && (
          <Button icon={<RefreshCw />} onClick={list.reload}>
            The list has changed
          </Button>
        )}
        <ColumnsMenu layout={layout} onLayout={changeLayout} />
        <Button icon={<Disc />} keys="Shift+r" onClick={() => runCommand('run.record')}>
          Record a run
        </Button>
        <Button icon={<FolderOpen />} onClick={() => runCommand('file.open')}>
          Open files
        </Button>
      </header>
      <ViewsBar filter={filter} onFilter={changeFilter} />
      <Rows rows={rows} list={list} filter={filter} onFilter={changeFilter}>
        <RunsTable
          rows={rows}
          total={list.hasMore ? Math.max(totals?.runs ?? 0, rows.length + 1) : rows.length}
          layout={layout}
          onLayout={changeLayout}
          sort={sort}
          descending={descending}
          onSort={changeSort}
          onLoadMore={list.loadMore}
          current={view.current}
          selected={view.selected}
          onCurrent={setCurrentRun}
          onToggle={toggleSelected}
          onOpen={openRun}
          initialScroll={view.scrollTop}
          onScroll={rememberScroll}
          listName={JSON.stringify([filter, sort, descending])}
        />
      </Rows>
      <RunsFooter totals={totals} />
    </>
  );
}

interface RowsProps {
  readonly rows: readonly RunRow[];
  readonly list: RunList;
  readonly filter: RunFilter;
  readonly onFilter: (filter: RunFilter) => void;
  readonly children: React.ReactNode;
}

/** The table, or why there is none. */
function Rows({ rows, list, filter, onFilter, children }: RowsProps) {
  const { data: info } = useInfo();
  if (rows.length > 0) return children;
  if (list.error !== null) {
    return (
      <EmptyState
        tone="error"
        icon={<CircleX />}
        title="The runs could not be read"
        action={
          <Button icon={<RefreshCw />} onClick={list.reload}>
            Try again
          </Button>
        }
      >
        {messageOf(list.error)}
      </EmptyState>
    );
  }
  if (list.isLoading)
    return (
      <Delayed>
        <EmptyState title="Reading the library…" />
      </Delayed>
    );
  if (isEmptyFilter(filter))
    return <EmptyState title="No runs yet">Drop a trace file on the window, or connect an agent.</EmptyState>;
  return (
    <EmptyState
      icon={<SearchX />}
      title="Nothing matches"
      action={
        <Button keys="Shift+f" onClick={() => onFilter({})}>
          Clear all filters
        </Button>
      }
    >
      {info === undefined ? 'No run' : `None of the ${formatQuantity(info.runs, 'run')}`} in this library fits the
      filter.
    </EmptyState>
  );
}

function ColumnsMenu({
  layout,
  onLayout,
}: {
  readonly layout: ColumnLayout;
  readonly onLayout: (layout: ColumnLayout) => void;
}) {
  const [open, setOpen] = useState(false);
  useCommands([{ id: 'runs.columns', run: () => setOpen(true) }]);
  const entries: readonly MenuEntry[] = [
    ...runColumns
      .filter((column) => column.fixed !== true)
      .map((column): MenuEntry => ({
        type: 'switch',
        id: column.id,
        label: column.title,
        on: layout.visibility[column.id] === true,
        set: (on) => onLayout({ ...layout, visibility: { ...layout.visibility, [column.id]: on } }),
      })),
    { type: 'separator', id: 'separator' },
    { type: 'action', id: 'reset', label: 'Reset the columns', run: () => onLayout(defaultLayout) },
  ];
  return (
    <Menu
      open={open}
      onOpenChange={setOpen}
      align="end"
      entries={entries}
      trigger={<IconButton label="Choose columns" icon={<Columns3 />} keys="Shift+c" />}
    />
  );
}

/** The oldest first: what came later is compared with what was. Runs that are no longer loaded come last. */
function compareSelected(rows: readonly RunRow[], selected: ReadonlySet<string>): void {
  const startedAt = new Map(rows.map(({ run }) => [run.id, run.startedAt]));
  const oldestFirst = [...selected].toSorted(
    (left, right) => (startedAt.get(left) ?? Infinity) - (startedAt.get(right) ?? Infinity),
  );
  if (oldestFirst.length > maximumMatrixRuns)
    showToast({
      title: `${maximumMatrixRuns} of ${formatQuantity(oldestFirst.length, 'run')} are compared`,
      text: 'A comparison holds no more: the oldest of the selected ones are shown.',
    });
  navigate(compareLocation(oldestFirst.slice(0, maximumMatrixRuns)));
}

/** J/K, Enter, X, C: on the row the keyboard is on. */
function useRowCommands(rows: readonly RunRow[], current: string | undefined): void {
  const at = current === undefined ? -1 : rows.findIndex((row) => row.run.id === current);
  const move = (by: number) => {
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
    setCurrentRun(rows[next]?.run.id);
  };
  const onCurrent = (action: (runId: string) => void) => () => {
    const runId = rows[at]?.run.id;
    if (runId !== undefined) action(runId);
  };
  useCommands([
    { id: 'runs.next', run: () => move(1), when: () => rows.length > 0 },
    { id: 'runs.previous', run: () => move(-1), when: () => rows.length > 0 },
    { id: 'runs.open', run: onCurrent(openRun), when: () => at >= 0 },
    { id: 'run.share', run: onCurrent((runId) => navigate(runLocation(runId, { share: true }))), when: () => at >= 0 },
    { id: 'runs.select', run: onCurrent(toggleSelected), when: () => at >= 0 },
    // Fewer than two are selected: this run with the one before it, as on the run's own screen.
    {
      id: 'runs.compare',
      run: () => {
        const { selected } = useRunsView.getState();
        const [only = rows[at]?.run.id] = selected;
        if (selected.size > 1) compareSelected(rows, selected);
        else if (only !== undefined) void compareWithPrevious(only);
      },
      when: () => useRunsView.getState().selected.size > 0 || at >= 0,
    },
    { id: 'runs.select-none', run: clearSelection, when: () => useRunsView.getState().selected.size > 0 },
  ]);
}
