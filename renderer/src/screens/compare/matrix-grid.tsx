import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowLeftToLine, Pin, X } from 'lucide-react';
import { useLayoutEffect, useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { runLocation } from '../../../../shared/location.ts';
import type { Matrix } from '../../../../shared/model/comparison.ts';
import { runStatusSchema } from '../../../../shared/model/run.ts';
import { stepKindSchema } from '../../../../shared/model/step.ts';
import { classNames } from '../../lib/class-names.ts';
import { formatCount, formatDuration, formatMoneyAtLeast, formatTokens } from '../../lib/format.ts';
import { hrefOf } from '../../session/location-store.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { KindIcon } from '../../ui/kind-icon.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import type { MatrixPins } from './compare-queries.ts';
import { cellLook } from './matrix-model.ts';
import type { MatrixRow } from './matrix-model.ts';
import styles from './matrix-grid.module.css';

type MatrixRun = Matrix['runs'][number];

const rowHeight = 28;
const headerHeight = 58;
const footerHeight = 132;
const nameWidth = 250;
const columnWidth = 128;
const indentPx = 12;
const deepestIndent = 6;

export interface Cursor {
  readonly row: number;
  readonly column: number;
}

export interface MatrixGridProps {
  readonly runs: readonly MatrixRun[];
  readonly rows: readonly MatrixRow[];
  readonly cursor: Cursor;
  readonly pins: MatrixPins;
  /** The row whose partner is being looked for. */
  readonly pinFrom: MatrixRow | undefined;
  readonly onCursor: (cursor: Cursor) => void;
  readonly onOpen: (row: number, column: number) => void;
  /** Compares the others with this run. */
  readonly onFirst: (runId: string) => void;
  readonly onRemove: (runId: string) => void;
}

/** Aligned steps × runs. A letter and a colour say which runs did the same; a cell opens its comparison with the first run. */
export function MatrixGrid({
  runs,
  rows,
  cursor,
  pins,
  pinFrom,
  onCursor,
  onOpen,
  onFirst,
  onRemove,
}: MatrixGridProps) {
  const scrollRef = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowHeight,
    overscan: 10,
    scrollMargin: headerHeight,
    scrollPaddingStart: headerHeight,
    scrollPaddingEnd: footerHeight,
  });
  useLayoutEffect(() => {
    virtualizer.scrollToIndex(cursor.row, { align: 'auto' });
    const scroller = scrollRef.current;
    if (scroller === null) return;
    const left = cursor.column * columnWidth;
    const right = nameWidth + (cursor.column + 1) * columnWidth;
    if (left < scroller.scrollLeft) scroller.scrollLeft = left;
    else if (right > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = right - scroller.clientWidth;
  }, [cursor.row, cursor.column, virtualizer]);

  const template = {
    gridTemplateColumns: `${nameWidth}px repeat(${runs.length}, minmax(${columnWidth}px, 1fr))`,
    minWidth: nameWidth + runs.length * columnWidth,
  };
  const moveColumn = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (by === 0 || event.target !== event.currentTarget) return;
    event.preventDefault();
    onCursor({ ...cursor, column: Math.max(0, Math.min(runs.length - 1, cursor.column + by)) });
  };
  const items = virtualizer.getVirtualItems();
  const isCursorShown = items.some((item) => item.index === cursor.row);
  return (
    <div
      ref={scrollRef}
      role="grid"
      aria-label="Aligned steps by run"
      aria-rowcount={rows.length + 7}
      aria-colcount={runs.length + 1}
      tabIndex={0}
      className={styles.grid}
      aria-activedescendant={isCursorShown ? cellId(cursor.row, cursor.column) : undefined}
      onKeyDown={moveColumn}
    >
      <div role="row" aria-rowindex={1} className={classNames(styles.row, styles.header)} style={template}>
        <div role="columnheader" className={styles.name}>
          Step
        </div>
        {runs.map((run, column) => (
          <div key={run.id} role="columnheader" className={styles.run}>
            <span className={styles.runLine}>
              <Status run={run} />
              {column + 1}{' '}
              <a className={styles.runName} href={hrefOf(runLocation(run.id))} title={run.name}>
                {run.name}
              </a>
            </span>
            <span className={styles.runLine}>
              <span className={styles.model} title={run.models.join(', ')}>
                {column === 0 ? 'compared with' : (run.models[0] ?? '')}
              </span>
              {column > 0 && (
                <IconButton
                  size="small"
                  label={`Compare the others with ${run.name} (column ${column + 1})`}
                  icon={<ArrowLeftToLine />}
                  onClick={() => onFirst(run.id)}
                />
              )}
              <IconButton
                size="small"
                label={`Take ${run.name} (column ${column + 1}) out`}
                icon={<X />}
                onClick={() => onRemove(run.id)}
              />
            </span>
          </div>
        ))}
      </div>
      <div
        role="rowgroup"
        className={styles.sizer}
        style={{ height: virtualizer.getTotalSize(), minWidth: template.minWidth }}
      >
        {items.map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className={classNames(
                styles.row,
                styles.step,
                item.index === cursor.row && styles.current,
                row === pinFrom && styles.pinFrom,
              )}
              style={{ ...template, transform: `translateY(${item.start - headerHeight}px)` }}
            >
              <StepName row={row} />
              {row.cells.map((cell, column) => (
                <Cell
                  key={column}
                  cell={cell}
                  id={cellId(item.index, column)}
                  isCursor={item.index === cursor.row && column === cursor.column}
                  isPinned={pins.some(([a, b, of]) => of === column && a === row.cells[0]?.index && b === cell?.index)}
                  onOpen={() => {
                    onCursor({ row: item.index, column });
                    onOpen(item.index, column);
                  }}
                />
              ))}
            </div>
          );
        })}
      </div>
      <div role="rowgroup" className={styles.footer} style={{ minWidth: template.minWidth }}>
        {footers.map((footer, at) => (
          <div
            key={footer.name}
            role="row"
            aria-rowindex={rows.length + 2 + at}
            className={classNames(styles.row, styles.foot)}
            style={template}
          >
            <div role="rowheader" className={styles.name}>
              {footer.name}
            </div>
            {runs.map((run) => (
              <div key={run.id} role="gridcell" className={styles.figure}>
                {footer.of(run)}
              </div>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

const outcomeWords = { succeeded: '● succeeded', failed: '▲ failed', unknown: '○ unknown' } as const;

const footers: readonly { readonly name: string; readonly of: (run: MatrixRun) => ReactNode }[] = [
  { name: 'Outcome', of: (run) => <span className={styles[run.outcome]}>{outcomeWords[run.outcome]}</span> },
  { name: 'Cost', of: (run) => formatMoneyAtLeast(run.costUsd, run.unpricedCalls) },
  { name: 'Tokens in', of: (run) => formatTokens(run.input) },
  { name: 'Tokens out', of: (run) => formatTokens(run.output) },
  { name: 'Time', of: (run) => formatDuration(run.durationMs) },
  { name: 'Steps', of: (run) => formatCount(run.steps) },
];

function cellId(row: number, column: number): string {
  return `matrix-cell-${row}-${column}`;
}

function Status({ run }: { readonly run: MatrixRun }) {
  const status = runStatusSchema.safeParse(run.status);
  return status.success ? <StatusMark status={status.data} /> : null;
}

function StepName({ row }: { readonly row: MatrixRow }) {
  const kind = stepKindSchema.safeParse(row.kind);
  return (
    <div
      role="rowheader"
      className={styles.name}
      style={{ paddingLeft: 12 + Math.min(row.depth, deepestIndent) * indentPx }}
    >
      <KindIcon kind={kind.success ? kind.data : 'other'} />
      <span className={classNames(styles.nameText, row.kind === 'tool' && styles.mono)} title={row.name}>
        {row.name}
      </span>
    </div>
  );
}

interface CellProps {
  readonly cell: MatrixRow['cells'][number];
  readonly id: string;
  readonly isCursor: boolean;
  readonly isPinned: boolean;
  readonly onOpen: () => void;
}

function Cell({ cell, id, isCursor, isPinned, onOpen }: CellProps) {
  const look = cellLook(cell);
  const failed = cell?.status === 'error';
  const label = `${look.word}${cell === null ? '' : `, step ${cell.index}`}${failed ? ', failed' : ''}${isPinned ? ', pinned' : ''}`;
  return (
    <div
      role="gridcell"
      id={id}
      aria-selected={isCursor}
      title={label}
      onClick={onOpen}
      className={classNames(
        styles.cell,
        isCursor && styles.cursor,
        look.colour > 0 && styles[`class${look.colour}`],
        look.colour < 0 && styles.absent,
      )}
    >
      <span className="visually-hidden">{label}</span>
      <span className={styles.letter} aria-hidden>
        {look.mark}
      </span>
      {cell !== null && (
        <span className={styles.index} aria-hidden>
          {cell.index}
        </span>
      )}
      {failed && (
        <span className={styles.failed} aria-hidden>
          ▲
        </span>
      )}
      {isPinned && <Pin className={styles.pin} aria-hidden />}
    </div>
  );
}
