import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import type { RefObject } from 'react';
import type { StepTable } from '../../../../../shared/contract.ts';
import { formatDuration, formatMoney, formatTokens } from '../../../lib/format.ts';
import { useFocusWhenLost } from '../../../lib/use-focus-when-lost.ts';
import type { CallStates } from '../take/take-queries.ts';
import { useElementWidth } from '../use-element-width.ts';
import { barScale, barTicks } from './bar-scale.ts';
import type { BarScale } from './bar-scale.ts';
import { FoldRowView, rowId, StepRowView } from './timeline-row.tsx';
import type { TimelineView } from './use-timeline-view.ts';
import styles from './timeline-grid.module.css';

const rowHeight = 28;
/** The header sticks to the top of the scrolled area. */
const headerHeight = 26;
/** Room that a tick's label needs, so that labels never run into each other. Decimal scales round their number up. */
const tickWidth = { time: 60, tokens: 90, cost: 100 } as const;

export interface TimelineGridProps {
  readonly table: StepTable;
  /** Of a take: how each of its calls was answered. */
  readonly states: CallStates | undefined;
  readonly view: TimelineView;
  readonly selected: number | undefined;
  readonly forkStep: number | undefined;
  /** Spans are still arriving. */
  readonly isLive: boolean;
  readonly onSelect: (index: number) => void;
}

/**
 * The steps as an ARIA treegrid of which only the rows in view exist. The focus stays on the grid and
 * `aria-activedescendant` names the selected row: a focused row could be scrolled out of existence.
 */
export function TimelineGrid({ table, states, view, selected, forkStep, isLive, onSelect }: TimelineGridProps) {
  const scrollRef = useRef<HTMLDivElement>(null);
  const [barColumnRef, barColumnWidth] = useElementWidth<HTMLDivElement>();
  const { rows, rowOfStep } = view.rows;
  const scale = useMemo(
    () => barScale(view.barSize, table, rows, view.window),
    [view.barSize, table, rows, view.window],
  );
  const selectedRow = selected === undefined ? -1 : (rowOfStep[selected] ?? -1);

  const rangeExtractor = useCallback(
    (range: Parameters<typeof defaultRangeExtractor>[0]) => {
      const indexes = defaultRangeExtractor(range);
      // The selected row always exists: aria-activedescendant points at it.
      if (selectedRow >= 0 && selectedRow < range.count && !indexes.includes(selectedRow)) indexes.push(selectedRow);
      return indexes;
    },
    [selectedRow],
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    rangeExtractor,
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
    if (selected === undefined || !hasRow) return;
    // A link to a step opens with it in the middle; walking scrolls as little as it must.
    virtualizer.scrollToIndex(latestRow.current, { align: hasScrolled.current ? 'auto' : 'center' });
    hasScrolled.current = true;
  }, [selected, hasRow, virtualizer]);
  useFollowTail(scrollRef, table, isLive);
  useFocusWhenLost(scrollRef);

  const { setCollapsed, toggleFold } = view;
  return (
    <div
      ref={scrollRef}
      role="treegrid"
      aria-label="Steps of the run"
      aria-rowcount={rows.length + 1}
      aria-colcount={6}
      aria-activedescendant={selectedRow >= 0 && selected !== undefined ? rowId(selected) : undefined}
      tabIndex={0}
      className={styles.grid}
    >
      <div role="row" aria-rowindex={1} className={styles.header}>
        <div role="columnheader" className={styles.number}>
          #
        </div>
        <div role="columnheader" className={styles.headerName}>
          Step
        </div>
        <div role="columnheader" className={styles.axis} ref={barColumnRef}>
          <span className="visually-hidden">{axisName(scale)}</span>
          <Axis scale={scale} width={barColumnWidth} />
        </div>
        <div role="columnheader" className={styles.figure}>
          Tokens
        </div>
        <div role="columnheader" className={styles.figure}>
          Cost
        </div>
        <div role="columnheader" className={styles.figure}>
          Time
        </div>
      </div>
      <div role="rowgroup" className={styles.sizer} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return row.type === 'step' ? (
            <StepRowView
              key={row.index}
              row={row}
              table={table}
              scale={scale}
              selected={row.index === selected}
              forkStep={forkStep}
              callState={states?.get(row.index)}
              top={item.start - headerHeight}
              rowNumber={item.index + 2}
              onSelect={onSelect}
              onToggle={setCollapsed}
            />
          ) : (
            <FoldRowView
              key={`fold ${row.first}`}
              row={row}
              top={item.start - headerHeight}
              rowNumber={item.index + 2}
              onToggle={toggleFold}
            />
          );
        })}
      </div>
    </div>
  );
}

/** While a run grows and the reader is at its end, the end stays in view. */
function useFollowTail(scrollRef: RefObject<HTMLDivElement | null>, table: StepTable, isLive: boolean): void {
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
    if (element === null || !isLive) return;
    if (atEnd.current) element.scrollTop = element.scrollHeight;
    atEnd.current = isAtEnd(element);
  }, [scrollRef, table, isLive]);
}

function isAtEnd(element: HTMLElement): boolean {
  return element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight;
}

function axisName(scale: BarScale): string {
  return scale.size === 'time' ? 'Time' : scale.size === 'tokens' ? 'Tokens of each step' : 'Cost of each step';
}

function Axis({ scale, width }: { readonly scale: BarScale; readonly width: number }) {
  const ticks = barTicks(scale, Math.floor(width / tickWidth[scale.size])).filter((tick) => width * (1 - tick.at) > 24);
  return ticks.map((tick) => (
    <span key={tick.value} className={styles.tick} style={{ left: `${tick.at * 100}%` }} aria-hidden>
      {tickLabel(scale, tick.value)}
    </span>
  ));
}

function tickLabel(scale: BarScale, value: number): string {
  if (scale.size === 'tokens') return formatTokens(value);
  if (scale.size === 'cost') return formatMoney(value);
  if (value === 0) return '0s';
  return value % 1_000 === 0 && value < 60_000 ? `${value / 1_000}s` : formatDuration(value);
}
