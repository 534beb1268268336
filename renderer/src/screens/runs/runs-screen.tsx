import { CircleX, Disc, FolderOpen, Radio, RefreshCw, SearchX } from 'lucide-react';
import { useCallback, useState } from 'react';
import type { MouseEvent } from 'react';
import { runLocation, runsLocation } from '../../../../shared/location.ts';
import type { LocationOf, RunFilter } from '../../../../shared/location.ts';
import { messageOf } from '../../lib/error-message.ts';
import { formatQuantity } from '../../lib/format.ts';
import { runCommand } from '../../session/commands.ts';
import { exportRuns } from '../../session/export-run.ts';
import { navigate } from '../../session/location-store.ts';
import { useInfo, useRunsFacets, useRunsTotals } from '../../session/queries.ts';
import { labelRuns } from '../../session/run-actions.ts';
import { Button } from '../../ui/button.tsx';
import { ContextMenu } from '../../ui/context-menu.tsx';
import { Delayed } from '../../ui/delayed.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { LabelDialog } from '../../ui/label-dialog.tsx';
import type { MenuEntry } from '../../ui/menu.tsx';
import { layoutBesidePeek, layoutWithoutPeek, readLayout, writeLayout } from './column-layout.ts';
import type { ColumnLayout } from './column-layout.ts';
import { ColumnsMenu } from './columns-menu.tsx';
import { FilterBar } from './filter-bar.tsx';
import { GroupMenu } from './group-menu.tsx';
import { groupItemId, runsBetween } from './list-items.ts';
import { NewRuns } from './new-runs.tsx';
import { Peek } from './peek.tsx';
import { isEmptyFilter } from './query-terms.ts';
import type { SortKey } from './run-columns.tsx';
import { runMenu } from './run-menu.tsx';
import { RunsFooter } from './runs-footer.tsx';
import { RunsTable } from './runs-table.tsx';
import type { LinePress } from './runs-table.tsx';
import {
  clearSelection,
  rememberScroll,
  selectRuns,
  setCurrentRun,
  setFollowing,
  setOpenGroups,
  setPeeking,
  toggleSelected,
  useRunsView,
} from './runs-view-store.ts';
import { SelectionBar } from './selection-bar.tsx';
import { useLines } from './use-lines.ts';
import { useRunActions } from './use-run-actions.ts';
import { useRunCommands } from './use-run-commands.ts';
import { ViewsBar } from './views-bar.tsx';
import styles from './runs-screen.module.css';

type RunsLocation = LocationOf<'runs'>;

/** Every run, newest first, filling in live. */
export function RunsScreen({ location }: { readonly location: RunsLocation }) {
  const { filter, sort, descending, group } = location;
  const current = useRunsView((state) => state.current);
  const selected = useRunsView((state) => state.selected);
  const isPeeking = useRunsView((state) => state.isPeeking);
  const isFollowing = useRunsView((state) => state.isFollowing);
  const [isPointed, setPointed] = useState(false);
  const { lines, shown, list, groups, held, name, isGrouped, setGroupOpen } = useLines(
    { filter, sort, descending },
    group,
    isPointed || !isFollowing,
  );
  const { data: totals } = useRunsTotals(filter);
  const { data: facets } = useRunsFacets();
  const [layout, setLayout] = useState(readLayout);
  const changeLayout = useCallback((next: ColumnLayout) => {
    setLayout(next);
    writeLayout(next);
  }, []);
  const place = (change: Parameters<typeof runsLocation>[0]) =>
    navigate(runsLocation({ filter, sort, descending, group, ...change }), { replace: true });
  const changeFilter = (next: RunFilter) => place({ filter: next });
  const { actions, labelling, endLabelling } = useRunActions(lines);
  const hasNews = held.fresh > 0 || held.isMoved || list.isStale;
  const showNews = () => {
    held.showAll();
    if (list.isStale) list.reload();
  };
  useRunCommands({ lines, current, actions, setGroupOpen, hasNews, showNews });
  const press = usePress(lines, setGroupOpen, groups.grow);
  const [menu, setMenu] = useState<readonly MenuEntry[]>([]);
  const openMenu = (event: MouseEvent) => {
    const under = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-run]') : null;
    const id = under?.dataset.run ?? (isOnList(event) ? current : undefined);
    const ids = id !== undefined && selected.has(id) ? selected : new Set(id === undefined ? [] : [id]);
    const runs = shown.filter((run) => ids.has(run.id));
    if (id === undefined || runs.length === 0) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    setCurrentRun(id);
    setMenu(runMenu(runs, actions, { now: filter, set: changeFilter }));
  };
  const chosen = [...selected];

  return (
    <>
      <header className={styles.header}>
        <h1 className={styles.title}>Runs</h1>
        <FilterBar filter={filter} onFilter={changeFilter} />
        {list.isStale && (
          <Button icon={<RefreshCw />} onClick={list.reload}>
            The list has changed
          </Button>
        )}
        <IconButton
          label={isFollowing ? 'New runs are shown as they come' : 'The list is held'}
          icon={<Radio />}
          keys="Shift+End"
          pressed={isFollowing}
          onClick={() => setFollowing(!isFollowing)}
        />
        <GroupMenu
          grouping={group}
          onGrouping={(next) => place({ group: next })}
          onOpenAll={() => setOpenGroups(group, new Set(groups.groups.map(({ key }) => groupItemId(key))))}
          onShutAll={() => setOpenGroups(group, new Set())}
        />
        <ColumnsMenu layout={layout} onLayout={changeLayout} />
        <Button icon={<Disc />} keys="Shift+r" onClick={() => runCommand('run.record')}>
          Record a run
        </Button>
        <Button icon={<FolderOpen />} onClick={() => runCommand('file.open')}>
          Open files
        </Button>
      </header>
      <ViewsBar filter={filter} onFilter={changeFilter} />
      {(held.fresh > 0 || held.isMoved) && <NewRuns count={held.fresh} onShow={held.showAll} />}
      <div className={styles.panes}>
        <Rows
          isEmpty={lines.length === 0}
          isLoading={isGrouped ? groups.isLoading : list.isLoading}
          error={isGrouped ? groups.error : list.error}
          onRetry={isGrouped ? groups.reload : list.reload}
          filter={filter}
          onFilter={changeFilter}
        >
          <ContextMenu className={styles.list} entries={menu} onOpen={openMenu}>
            <RunsTable
              items={lines}
              total={
                !isGrouped && list.hasMore ? Math.max((totals?.runs ?? 0) - held.fresh, lines.length + 1) : lines.length
              }
              layout={isPeeking ? layoutBesidePeek(layout) : layout}
              onLayout={(next) => changeLayout(isPeeking ? layoutWithoutPeek(next, layout) : next)}
              sort={sort}
              descending={descending}
              onSort={(next: SortKey, nextDescending: boolean) => place({ sort: next, descending: nextDescending })}
              onLoadMore={isGrouped ? nothing : list.loadMore}
              grouping={group === 'none' ? undefined : group}
              current={current}
              selected={selected}
              onCurrent={setCurrentRun}
              onPress={press}
              onPointer={setPointed}
              initialScroll={useRunsView.getState().scrollTop}
              onScroll={rememberScroll}
              listName={name}
            />
          </ContextMenu>
        </Rows>
        {isPeeking && <Peek run={shown.find(({ id }) => id === current)} onClose={() => setPeeking(false)} />}
      </div>
      {selected.size > 0 && (
        <SelectionBar
          count={selected.size}
          runs={shown.filter(({ id }) => selected.has(id))}
          onCompare={() => actions.compare(chosen)}
          onTags={() => actions.label(chosen, 'tags')}
          onPin={() => actions.pin(chosen)}
          onExport={() => void exportRuns(chosen, 'otlp-json')}
          onDelete={() => void actions.remove(chosen)}
          onClear={clearSelection}
        />
      )}
      <RunsFooter totals={totals} groups={isGrouped ? groups : undefined} />
      {labelling !== undefined && (
        <LabelDialog {...labelling} knownTags={facets?.tags ?? []} onSave={labelRuns} onClose={endLabelling} />
      )}
    </>
  );
}

const nothing = () => undefined;

/** The menu key opens it where the focus is: at the list, for the current run. */
function isOnList({ target }: MouseEvent): boolean {
  return target instanceof HTMLElement && (target.role === 'grid' || target.role === 'treegrid');
}

function usePress(
  lines: ReturnType<typeof useLines>['lines'],
  setGroupOpen: (id: string, isOpen: boolean) => void,
  grow: ReturnType<typeof useLines>['groups']['grow'],
): (press: LinePress) => void {
  return useCallback(
    ({ id, how }) => {
      const item = lines.find((line) => line.id === id);
      if (item === undefined) return;
      if (item.type === 'more') return grow(item.group);
      if (how === 'range' && item.type === 'run') {
        const { anchor, current } = useRunsView.getState();
        selectRuns(runsBetween(lines, anchor ?? current ?? id, id));
      } else if (how === 'toggle' && item.type === 'run') toggleSelected(id);
      setCurrentRun(id);
      if (how !== 'open') return;
      if (item.type === 'group') setGroupOpen(id, !item.isOpen);
      else navigate(runLocation(id));
    },
    [lines, setGroupOpen, grow],
  );
}

interface RowsProps {
  readonly isEmpty: boolean;
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly onRetry: () => void;
  readonly filter: RunFilter;
  readonly onFilter: (filter: RunFilter) => void;
  readonly children: React.ReactNode;
}

/** The table, or why there is none. */
function Rows({ isEmpty, isLoading, error, onRetry, filter, onFilter, children }: RowsProps) {
  const { data: info } = useInfo();
  if (!isEmpty) return children;
  if (error !== null) {
    return (
      <EmptyState
        tone="error"
        icon={<CircleX />}
        title="The runs could not be read"
        action={
          <Button icon={<RefreshCw />} onClick={onRetry}>
            Try again
          </Button>
        }
      >
        {messageOf(error)}
      </EmptyState>
    );
  }
  if (isLoading)
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
