import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { HTMLAttributes, KeyboardEvent, ReactNode, RefObject } from 'react';
import { z } from 'zod';
import { classNames } from '../lib/class-names.ts';
import { storedValue } from '../lib/stored-value.ts';
import { useFocusWhenLost } from '../lib/use-focus-when-lost.ts';
import { ColumnResizer } from './column-resizer.tsx';
import { treeMoveOf } from './tree-moves.ts';
import type { TreeMove } from './tree-moves.ts';
import styles from './tree-grid.module.css';

export interface TreeGridColumn {
  readonly id: string;
  readonly header: ReactNode;
  /** Track of the CSS grid: `38px`, `minmax(0, 1fr)`. */
  readonly width: string;
  /** The track in a grid of less than 500 pixels, when it is another. */
  readonly narrowWidth?: string;
  readonly className?: string | undefined;
  /** Rows stand by it, the largest first. */
  readonly sorted?: boolean;
  /** The reader may make it so wide, in pixels; `label` is what it is called. */
  readonly resizable?: { readonly label: string; readonly min: number; readonly max: number };
  /** Given to the header's cell, e.g. to measure the column. */
  readonly headerRef?: (element: HTMLDivElement | null) => (() => void) | undefined;
}

/** Where a row stands. A row component takes its parts one by one, so that it is drawn again only when one changes. */
export interface RowPlace {
  /** Pixels below the header. */
  readonly top: number;
  readonly height: number;
  /** For screen readers: the header is row 1. */
  readonly rowNumber: number;
  readonly isSelected: boolean;
}

export interface TreeGridProps<Row> {
  /** What a screen reader calls it. */
  readonly label: string;
  /** Under this name the widths that a reader chose are kept. */
  readonly name?: string;
  readonly columns: readonly TreeGridColumn[];
  readonly headerHeight: number;
  readonly headerClassName?: string | undefined;
  readonly rows: readonly Row[];
  readonly rowHeight: (row: Row) => number;
  /** The same for the same row after rows came or went. */
  readonly rowKey: (row: Row) => string | number;
  /** Id of the row's element: what `aria-activedescendant` names. */
  readonly rowId: (row: Row) => string;
  /** What is selected, also when its row is folded or filtered away: when this changes, its row is scrolled to. */
  readonly selection: number | undefined;
  /** Position of the selection's row in `rows`, or -1. */
  readonly selectedRow: number;
  /** A key was pressed while the grid has the focus; a page is that many rows. Without it such keys go past the grid. */
  readonly onMove?: ((move: TreeMove, pageRows: number) => void) | undefined;
  /** Rows are still arriving at the end: a reader who is there stays there. */
  readonly isGrowing?: boolean;
  /** Given to the row component, a `TreeGridRow`, with a key of its own. */
  readonly children: (row: Row, place: RowPlace) => ReactNode;
}

const overscan = 12;
/** Less than a row is left below. */
const nearlyEndPx = 28;

/**
 * Rows of a tree as an ARIA treegrid of which only those in view exist. The focus stays on the grid and
 * `aria-activedescendant` names the selected row: a focused row could be scrolled out of existence.
 */
export function TreeGrid<Row>(props: TreeGridProps<Row>) {
  const { label, columns, headerHeight, rows, rowHeight, rowKey, rowId, selection, selectedRow, onMove } = props;
  const scrollRef = useRef<HTMLDivElement>(null);
  const [widths, setWidth] = useColumnWidths(props.name);

  const rangeExtractor = useCallback(
    (range: Parameters<typeof defaultRangeExtractor>[0]) => {
      const indexes = defaultRangeExtractor(range);
      // The selected row always exists: aria-activedescendant points at it.
      if (selectedRow >= 0 && selectedRow < range.count && !indexes.includes(selectedRow)) indexes.push(selectedRow);
      return indexes;
    },
    [selectedRow],
  );
  // Other rows are measured anew: the identity of this function says that they are others.
  const getItemKey = useCallback(
    (at: number) => {
      const row = rows[at];
      return row === undefined ? at : rowKey(row);
    },
    [rows, rowKey],
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    getItemKey,
    rangeExtractor,
    overscan,
    estimateSize: (at) => {
      const row = rows[at];
      return row === undefined ? 0 : rowHeight(row);
    },
    scrollMargin: headerHeight,
    scrollPaddingStart: headerHeight,
  });

  // Only a change of selection scrolls, or its row coming into being: rows that arrive above it must not move what is being read.
  const latestRow = useRef(selectedRow);
  const hasScrolled = useRef(false);
  const hasRow = selectedRow >= 0;
  useLayoutEffect(() => {
    latestRow.current = selectedRow;
  }, [selectedRow]);
  useLayoutEffect(() => {
    if (selection === undefined || !hasRow) return;
    // A link to a row opens with it in the middle; walking scrolls as little as it must.
    virtualizer.scrollToIndex(latestRow.current, { align: hasScrolled.current ? 'auto' : 'center' });
    hasScrolled.current = true;
  }, [selection, hasRow, virtualizer]);
  useFollowEnd(scrollRef, rows, props.isGrowing === true);
  useFocusWhenLost(scrollRef);

  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const wanted = event.target === event.currentTarget ? treeMoveOf(event) : undefined;
    if (wanted === undefined || onMove === undefined) return;
    event.preventDefault();
    const at = rows[Math.max(0, selectedRow)];
    const shown = event.currentTarget.clientHeight - headerHeight;
    // One row stays in view: it says where the page before ended.
    onMove(wanted, at === undefined ? 1 : Math.max(1, Math.floor(shown / rowHeight(at)) - 1));
  };

  const selected = rows[selectedRow];
  return (
    <div
      ref={scrollRef}
      role="treegrid"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={selected === undefined ? undefined : rowId(selected)}
      tabIndex={0}
      className={styles.grid}
      style={tracks(columns, widths)}
      onKeyDown={move}
    >
      <div
        role="row"
        aria-rowindex={1}
        className={classNames(styles.columns, styles.header, props.headerClassName)}
        style={{ height: headerHeight }}
      >
        {columns.map((column) => (
          <div
            key={column.id}
            role="columnheader"
            aria-sort={column.sorted === true ? 'descending' : undefined}
            className={classNames(styles.headCell, column.className)}
            ref={column.headerRef}
          >
            {column.header}
            {column.resizable !== undefined && (
              <ColumnResizer
                {...column.resizable}
                width={widths[column.id]}
                onResize={(width) => setWidth(column.id, width)}
              />
            )}
          </div>
        ))}
      </div>
      <div role="rowgroup" className={styles.sizer} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return props.children(row, {
            top: item.start - headerHeight,
            height: item.size,
            rowNumber: item.index + 2,
            isSelected: item.index === selectedRow,
          });
        })}
      </div>
    </div>
  );
}

export interface TreeGridRowProps extends RowPlace, Omit<HTMLAttributes<HTMLDivElement>, 'id'> {
  readonly id: string;
  /** From 1. */
  readonly level?: number;
  /** Undefined: there is nothing under it. */
  readonly expanded?: boolean | undefined;
  readonly [attribute: `data-${string}`]: string | number | undefined;
}

/** One row: its cells are `role="gridcell"`, laid out in the grid's columns. */
export function TreeGridRow(props: TreeGridRowProps) {
  const { top, height, rowNumber, isSelected, level, expanded, className, ...attributes } = props;
  return (
    <div
      role="row"
      aria-rowindex={rowNumber}
      aria-level={level}
      aria-selected={isSelected}
      aria-expanded={expanded}
      {...attributes}
      className={classNames(styles.columns, styles.row, isSelected && styles.selected, className)}
      style={{ height, transform: `translateY(${top}px)` }}
    />
  );
}

/** The place out of the properties of a row component. */
export function placeOf({ top, height, rowNumber, isSelected }: RowPlace): RowPlace {
  return { top, height, rowNumber, isSelected };
}

function tracks(
  columns: readonly TreeGridColumn[],
  widths: Readonly<Record<string, number>>,
): Record<`--${string}`, string> {
  // A width that was chosen in a wide window leaves the other columns their place in a narrow one.
  const chosen = ({ id, resizable }: TreeGridColumn) => {
    const width = widths[id];
    return width === undefined || resizable === undefined ? undefined : `minmax(${resizable.min}px, ${width}px)`;
  };
  return {
    '--columns': columns.map((column) => chosen(column) ?? column.width).join(' '),
    '--columns-narrow': columns.map((column) => chosen(column) ?? column.narrowWidth ?? column.width).join(' '),
  };
}

const widthsSchema = z.record(z.string().max(50), z.number().min(20).max(2_000));

/** Widths that the reader chose, by column. */
function useColumnWidths(
  name: string | undefined,
): readonly [Readonly<Record<string, number>>, (id: string, width: number | undefined) => void] {
  const stored = useMemo(
    () => storedValue<Readonly<Record<string, number>>>(`retake.columns.${name ?? 'none'}`, widthsSchema, {}),
    [name],
  );
  const [widths, setWidths] = useState(() => stored.read());
  const setWidth = (id: string, width: number | undefined) => {
    const { [id]: _old, ...others } = widths;
    const next = width === undefined ? others : { ...others, [id]: width };
    if (name !== undefined) stored.write(next);
    setWidths(next);
  };
  return [widths, setWidth];
}

/** While rows arrive and the reader is at the end, the end stays in view. */
function useFollowEnd(scrollRef: RefObject<HTMLDivElement | null>, rows: readonly unknown[], isGrowing: boolean): void {
  const atEnd = useRef(false);
  useEffect(() => {
    const element = scrollRef.current;
    if (element === null) return undefined;
    const note = () => {
      atEnd.current = isAtEnd(element);
    };
    element.addEventListener('scroll', note, { passive: true });
    return () => element.removeEventListener('scroll', note);
  }, [scrollRef]);
  useLayoutEffect(() => {
    const element = scrollRef.current;
    if (element === null || !isGrowing) return;
    if (atEnd.current) element.scrollTop = element.scrollHeight;
    atEnd.current = isAtEnd(element);
  }, [scrollRef, rows, isGrowing]);
}

function isAtEnd(element: HTMLElement): boolean {
  return element.scrollTop + element.clientHeight >= element.scrollHeight - nearlyEndPx;
}
