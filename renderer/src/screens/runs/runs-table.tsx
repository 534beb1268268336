import {
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createColumnHelper,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import type { Header } from '@tanstack/react-table';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, MouseEvent, RefObject } from 'react';
import { classNames } from '../../lib/class-names.ts';
import { useFocusWhenLost } from '../../lib/use-focus-when-lost.ts';
import { useVirtualRows } from '../../ui/virtual-list.ts';
import { moveColumn } from './column-layout.ts';
import type { ColumnLayout } from './column-layout.ts';
import { runColumns } from './run-columns.tsx';
import type { RunColumn, SortKey } from './run-columns.tsx';
import type { RunRow } from './take-rows.ts';
import table from '../../ui/table.module.css';
import styles from './runs-table.module.css';

const features = tableFeatures({
  columnVisibilityFeature,
  columnOrderingFeature,
  columnSizingFeature,
  columnResizingFeature,
  rowSortingFeature,
});
const helper = createColumnHelper<typeof features, RunRow>();
const columns = helper.columns(
  runColumns.map((column) =>
    helper.display({
      id: column.id,
      header: column.title,
      size: column.size,
      minSize: column.minSize,
      enableSorting: column.sortKey !== undefined,
    }),
  ),
);
/** The table keeps the columns (order, width, visibility, sorting); rows are virtual and drawn by `Row`. */
const noRows: RunRow[] = [];
const columnById = new Map(runColumns.map((column) => [column.id, column]));

const rowHeight = 28;
const headerHeight = 30;
/** Rows before the end of what is loaded at which more is asked for. */
const loadAhead = 60;
const columnDrag = 'text/x-retake-column';

export interface RunsTableProps {
  readonly rows: readonly RunRow[];
  /** How many match in all; larger than `rows.length` while not all are loaded. */
  readonly total: number;
  readonly layout: ColumnLayout;
  readonly onLayout: (layout: ColumnLayout) => void;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly onSort: (sort: SortKey, descending: boolean) => void;
  readonly onLoadMore: () => void;
  /** Id of the row the keyboard is on. */
  readonly current: string | undefined;
  readonly selected: ReadonlySet<string>;
  readonly onCurrent: (runId: string) => void;
  readonly onToggle: (runId: string) => void;
  readonly onOpen: (runId: string) => void;
  /** Where the list was scrolled to when it was left. */
  readonly initialScroll: number;
  readonly onScroll: (top: number) => void;
  /** Names the list: another filter or order starts at its top. */
  readonly listName: string;
}

export function RunsTable(props: RunsTableProps) {
  const { rows, total, layout, onLayout, sort, descending, current, selected, onLoadMore } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const currentIndex = current === undefined ? -1 : rows.findIndex((row) => row.run.id === current);
  const virtual = useVirtualRows({
    count: Math.max(total, rows.length),
    scrollRef: scroller,
    rowHeight,
    keepInView: currentIndex,
    paddingStart: headerHeight,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;

  useEffect(() => {
    if (last >= rows.length - loadAhead) onLoadMore();
  }, [last, rows.length, onLoadMore]);

  const press = usePressRow(props);
  useAnchoredScroll(scroller, rows);
  useInitialScroll(scroller, props.initialScroll);
  useTopOfNewList(scroller, props.listName);
  useFocusWhenLost(scroller);

  const sorting = useMemo(() => [{ id: columnOfSort(sort), desc: descending }], [sort, descending]);
  const model = useTable({
    features,
    columns,
    data: noRows,
    manualSorting: true,
    enableSortingRemoval: false,
    columnResizeMode: 'onChange',
    state: {
      columnOrder: [...layout.order],
      columnVisibility: { ...layout.visibility },
      columnSizing: { ...layout.sizing },
      sorting,
    },
    onColumnSizingChange: (update) => {
      onLayout({ ...layout, sizing: typeof update === 'function' ? update({ ...layout.sizing }) : update });
    },
  });

  const visible = model.getVisibleLeafColumns();
  const template = [
    ...visible.map((column) =>
      widthOf(column.getSize(), columnById.get(column.id), layout.sizing[column.id] !== undefined),
    ),
    'minmax(0, 0.001fr)',
  ].join(' ');
  const columnIds = visible.map((column) => column.id).join(' ');
  const width = visible.reduce((sum, column) => sum + column.getSize(), 0);

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label="Runs"
      aria-rowcount={total + 1}
      aria-multiselectable
      aria-activedescendant={currentIndex >= first && currentIndex <= last ? rowElementId(current) : undefined}
      tabIndex={0}
      className={styles.scroller}
      onScroll={(event) => props.onScroll(event.currentTarget.scrollTop)}
    >
      <div role="rowgroup" className={styles.head} style={{ minWidth: width }}>
        {model.getHeaderGroups().map((group) => (
          <div
            key={group.id}
            role="row"
            aria-rowindex={1}
            className={styles.headRow}
            style={{ gridTemplateColumns: template }}
          >
            {group.headers.map((header) => (
              <HeaderCell
                key={header.id}
                header={header}
                layout={layout}
                onLayout={onLayout}
                sort={sort}
                descending={descending}
                onSort={props.onSort}
              />
            ))}
          </div>
        ))}
      </div>
      <div role="rowgroup" className={styles.body} style={{ height: virtual.getTotalSize(), minWidth: width }}>
        {rows.slice(first, last + 1).map((row, offset) => (
          <Row
            key={row.run.id}
            row={row}
            index={first + offset}
            columnIds={columnIds}
            template={template}
            isCurrent={row.run.id === current}
            isSelected={selected.has(row.run.id)}
            onPress={press}
          />
        ))}
        {items
          .filter((item) => item.index >= rows.length)
          .map((item) => (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              aria-busy
              className={styles.row}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <div role="gridcell" className={styles.placeholder}>
                loading…
              </div>
            </div>
          ))}
      </div>
    </div>
  );
}

type PressRow = (event: MouseEvent, runId: string) => void;

/** A click opens; with a modifier it selects. Links keep what the browser does with modifiers. The same function for good. */
function usePressRow(props: Pick<RunsTableProps, 'onCurrent' | 'onToggle' | 'onOpen'>): PressRow {
  const { onCurrent, onToggle, onOpen } = props;
  return useCallback(
    (event, runId) => {
      if (event.defaultPrevented || window.getSelection()?.isCollapsed === false) return;
      const onLink = event.target instanceof Element && event.target.closest('a') !== null;
      onCurrent(runId);
      if (event.metaKey || event.ctrlKey || event.shiftKey) {
        if (!onLink) onToggle(runId);
        return;
      }
      event.preventDefault();
      onOpen(runId);
    },
    [onCurrent, onToggle, onOpen],
  );
}

interface RowProps {
  readonly row: RunRow;
  readonly index: number;
  /** Ids of the shown columns in order, one string: equal when equal. */
  readonly columnIds: string;
  readonly template: string;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
  readonly onPress: PressRow;
}

/** Drawn again only when something of it changed: scrolling and live updates touch few rows of the fifty on screen. */
const Row = memo(function Row({ row, index, columnIds, template, isCurrent, isSelected, onPress }: RowProps) {
  const { run } = row;
  return (
    <div
      id={rowElementId(run.id)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-run={run.id}
      data-current={isCurrent || undefined}
      className={classNames(styles.row, isSelected && table.selected, isCurrent && styles.current)}
      style={{ gridTemplateColumns: template, transform: `translateY(${index * rowHeight}px)` }}
      onClick={(event) => onPress(event, run.id)}
    >
      {columnIds.split(' ').map((id) => {
        const column = columnById.get(id);
        return (
          <div key={id} role="gridcell" className={classNames(table.cell, column?.align === 'end' && table.number)}>
            {column?.cell(row)}
          </div>
        );
      })}
    </div>
  );
}, isSameRow);

/** Live updates make new row objects around the same runs. */
function isSameRow(before: RowProps, after: RowProps): boolean {
  return (
    before.row.run === after.row.run &&
    before.row.depth === after.row.depth &&
    before.row.take === after.row.take &&
    before.row.changes === after.row.changes &&
    before.index === after.index &&
    before.columnIds === after.columnIds &&
    before.template === after.template &&
    before.isCurrent === after.isCurrent &&
    before.isSelected === after.isSelected &&
    before.onPress === after.onPress
  );
}

interface HeaderCellProps {
  readonly header: Header<typeof features, RunRow, unknown>;
  readonly layout: ColumnLayout;
  readonly onLayout: (layout: ColumnLayout) => void;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly onSort: (sort: SortKey, descending: boolean) => void;
}

const resizeStep = 16;

function HeaderCell({ header, layout, onLayout, sort, descending, onSort }: HeaderCellProps) {
  const [over, setOver] = useState(false);
  const column = columnById.get(header.column.id);
  if (column === undefined) return null;
  const isSorted = column.sortKey === sort;
  const press = () => {
    if (column.sortKey !== undefined)
      onSort(column.sortKey, isSorted ? !descending : column.sortKey !== 'name' && column.sortKey !== 'agent');
  };
  const place = (before: string | undefined) =>
    onLayout({ ...layout, order: moveColumn(layout.order, column.id, before) });
  const keys = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (by === 0 || column.fixed === true || !(event.shiftKey || event.ctrlKey)) return;
    event.preventDefault();
    if (event.ctrlKey) {
      onLayout({
        ...layout,
        sizing: { ...layout.sizing, [column.id]: Math.max(column.minSize, header.column.getSize() + by * resizeStep) },
      });
      return;
    }
    const shown = layout.order.filter((id) => layout.visibility[id] === true);
    const at = shown.indexOf(column.id);
    // Place 0 is the status, which stays first.
    if (at + by >= 1) place(shown[by < 0 ? at - 1 : at + 2]);
  };

  return (
    <div
      role="columnheader"
      aria-sort={
        isSorted ? (descending ? 'descending' : 'ascending') : column.sortKey === undefined ? undefined : 'none'
      }
      className={classNames(styles.headCell, column.align === 'end' && styles.end, over && styles.dropBefore)}
      onDragOver={(event) => {
        if (column.fixed === true || !event.dataTransfer.types.includes(columnDrag)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const id = event.dataTransfer.getData(columnDrag);
        if (id === '' || id === column.id) return;
        event.preventDefault();
        onLayout({ ...layout, order: moveColumn(layout.order, id, column.id) });
      }}
    >
      {column.fixed === true ? (
        <span className="visually-hidden">{column.title}</span>
      ) : (
        <button
          type="button"
          className={styles.headButton}
          draggable
          disabled={false}
          aria-description="Shift and an arrow key moves the column, Ctrl and an arrow key resizes it."
          onClick={press}
          onKeyDown={keys}
          onDragStart={(event) => event.dataTransfer.setData(columnDrag, column.id)}
        >
          <span className={styles.headTitle}>{column.title}</span>
          {isSorted && (descending ? <ArrowDown aria-hidden /> : <ArrowUp aria-hidden />)}
        </button>
      )}
      {column.fixed !== true && (
        <span
          className={styles.resizer}
          data-resizing={header.column.getIsResizing() || undefined}
          aria-hidden
          onMouseDown={(event) => {
            // Else the browser drags the button that the moving edge leaves under the pointer.
            event.preventDefault();
            header.getResizeHandler()(event);
          }}
          onTouchStart={header.getResizeHandler()}
          onDoubleClick={() =>
            onLayout({
              ...layout,
              sizing: Object.fromEntries(Object.entries(layout.sizing).filter(([id]) => id !== column.id)),
            })
          }
        />
      )}
    </div>
  );
}

function columnOfSort(sort: SortKey): string {
  return runColumns.find((column) => column.sortKey === sort)?.id ?? 'started';
}

/** A column the user has sized keeps that size; the others share what is left. */
function widthOf(size: number, column: RunColumn | undefined, isSized: boolean): string {
  return column?.grow === undefined || isSized ? `${size}px` : `minmax(${size}px, ${column.grow}fr)`;
}

function rowElementId(runId: string | undefined): string {
  return `run-${runId ?? ''}`;
}

/** New rows above must not push away what is being read: unless at the very top, the scroll moves along. */
function useAnchoredScroll(scroller: RefObject<HTMLElement | null>, rows: readonly RunRow[]): void {
  const anchor = useRef<{ readonly id: string; readonly index: number } | undefined>(undefined);
  useLayoutEffect(() => {
    const element = scroller.current;
    const held = anchor.current;
    if (element !== null && held !== undefined && element.scrollTop > 0 && rows[held.index]?.run.id !== held.id) {
      const now = rows.findIndex((row) => row.run.id === held.id);
      if (now > held.index) element.scrollBy({ top: (now - held.index) * rowHeight });
    }
  }, [rows, scroller]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const remember = () => {
      const index = Math.floor(element.scrollTop / rowHeight);
      const id = rows[index]?.run.id;
      anchor.current = id === undefined ? undefined : { id, index };
    };
    remember();
    element.addEventListener('scroll', remember, { passive: true });
    return () => element.removeEventListener('scroll', remember);
  }, [rows, scroller]);
}

function useInitialScroll(scroller: RefObject<HTMLElement | null>, top: number): void {
  const initial = useRef(top);
  useLayoutEffect(() => {
    scroller.current?.scrollTo({ top: initial.current });
  }, [scroller]);
}

function useTopOfNewList(scroller: RefObject<HTMLElement | null>, listName: string): void {
  const shown = useRef(listName);
  useLayoutEffect(() => {
    if (shown.current === listName) return;
    shown.current = listName;
    scroller.current?.scrollTo({ top: 0 });
  }, [scroller, listName]);
}
