import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { Pin, UnfoldVertical } from 'lucide-react';
import { memo, useCallback, useLayoutEffect, useRef } from 'react';
import type { StepTable } from '../../../../shared/contract.ts';
import type { Alignment, StepPair } from '../../../../shared/model/comparison.ts';
import { classNames } from '../../lib/class-names.ts';
import { formatChange } from '../../lib/format-change.ts';
import { formatQuantity } from '../../lib/format.ts';
import { Badge } from '../../ui/badge.tsx';
import { KindIcon } from '../../ui/kind-icon.tsx';
import type { CompareRow, CompareRows, Sides } from './compare-rows.ts';
import { pairWords } from './pair-words.ts';
import type { SideNames } from './pair-words.ts';
import { StateMark } from './state-mark.tsx';
import { durationOf, ownCost, stepName, textOf } from './step-figures.ts';
import styles from './compare-grid.module.css';

const foldHeight = 28;
const pairHeight = 46;
const headerHeight = 28;
const indentPx = 14;
/** Beyond this level rows are no longer indented: the name must stay readable. */
const deepestIndent = 6;

export interface CompareGridProps {
  readonly view: CompareRows;
  readonly alignment: Alignment;
  readonly sides: Sides;
  readonly names: SideNames;
  readonly selected: number | undefined;
  /** The pair whose step waits for another to be pinned to. */
  readonly pinFrom: number | undefined;
  readonly onSelect: (at: number) => void;
  readonly onToggleFold: (first: number) => void;
}

/** The aligned steps in two columns, of which only the rows in view exist. The focus stays on the grid, as on the timeline. */
export function CompareGrid(props: CompareGridProps) {
  const { view, alignment, sides, names, selected, pinFrom, onSelect, onToggleFold } = props;
  const scrollRef = useRef<HTMLDivElement>(null);
  const { rows, rowOfPair } = view;
  const selectedRow = selected === undefined ? -1 : (rowOfPair[selected] ?? -1);

  const rangeExtractor = useCallback(
    (range: Parameters<typeof defaultRangeExtractor>[0]) => {
      const indexes = defaultRangeExtractor(range);
      if (selectedRow >= 0 && selectedRow < range.count && !indexes.includes(selectedRow)) indexes.push(selectedRow);
      return indexes;
    },
    [selectedRow],
  );
  // New rows are measured anew: the identity of this function says that they are others.
  const getItemKey = useCallback((at: number) => rowKey(rows[at]), [rows]);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    getItemKey,
    rangeExtractor,
    overscan: 10,
    estimateSize: (at) => (rows[at]?.type === 'fold' ? foldHeight : pairHeight),
    scrollMargin: headerHeight,
    scrollPaddingStart: headerHeight,
  });

  const latestRow = useRef(selectedRow);
  const hasScrolled = useRef(false);
  const hasRow = selectedRow >= 0;
  useLayoutEffect(() => {
    latestRow.current = selectedRow;
  }, [selectedRow]);
  useLayoutEffect(() => {
    if (selected === undefined || !hasRow) return;
    virtualizer.scrollToIndex(latestRow.current, { align: hasScrolled.current ? 'auto' : 'center' });
    hasScrolled.current = true;
  }, [selected, hasRow, virtualizer]);

  return (
    <div
      ref={scrollRef}
      role="treegrid"
      aria-label="Aligned steps"
      aria-rowcount={rows.length + 1}
      aria-colcount={5}
      aria-activedescendant={hasRow ? `compare-row-${rowKey(rows[selectedRow])}` : undefined}
      tabIndex={0}
      className={styles.grid}
    >
      <div role="row" aria-rowindex={1} className={styles.header}>
        <div role="columnheader">{names.a}</div>
        <div role="columnheader">
          <span className="visually-hidden">State</span>
        </div>
        <div role="columnheader">{names.b}</div>
        <div role="columnheader" className={styles.figure}>
          Δ cost
        </div>
        <div role="columnheader" className={styles.figure}>
          Δ time
        </div>
      </div>
      <div role="rowgroup" className={styles.sizer} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const placed = {
            top: item.start - headerHeight,
            rowNumber: item.index + 2,
            isSelected: item.index === selectedRow,
          };
          if (row.type === 'fold')
            return (
              <Fold
                key={item.key}
                {...placed}
                row={row}
                pairs={alignment.pairs}
                onToggle={onToggleFold}
                onSelect={onSelect}
              />
            );
          const pair = alignment.pairs[row.at];
          if (pair === undefined) return null;
          return (
            <Pair
              key={item.key}
              {...placed}
              at={row.at}
              pair={pair}
              cause={pair.cause === undefined ? undefined : alignment.pairs[pair.cause]}
              sides={sides}
              names={names}
              isDivergence={alignment.firstDivergence?.pair === row.at}
              isPinning={pinFrom === row.at}
              onSelect={onSelect}
            />
          );
        })}
      </div>
    </div>
  );
}

function rowKey(row: CompareRow | undefined): string {
  return row === undefined ? '' : row.type === 'fold' ? `fold-${row.first}` : `pair-${row.at}`;
}

interface Placed {
  readonly top: number;
  readonly rowNumber: number;
  readonly isSelected: boolean;
}

interface FoldProps extends Placed {
  readonly row: Extract<CompareRow, { type: 'fold' }>;
  readonly pairs: readonly StepPair[];
  readonly onToggle: (first: number) => void;
  readonly onSelect: (at: number) => void;
}

const Fold = memo(function Fold({ row, pairs, top, rowNumber, isSelected, onToggle, onSelect }: FoldProps) {
  const from = pairs[row.first]?.a ?? 0;
  const to = pairs[row.last]?.a ?? 0;
  return (
    <div
      role="row"
      id={`compare-row-${rowKey(row)}`}
      aria-rowindex={rowNumber}
      aria-selected={isSelected}
      aria-expanded={row.open}
      data-fold={row.first}
      className={classNames(styles.row, styles.fold, isSelected && styles.selected)}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => {
        if (!row.open) onSelect(row.first);
        onToggle(row.first);
      }}
    >
      <div role="gridcell" aria-colspan={5} className={styles.foldText}>
        <UnfoldVertical aria-hidden />
        {formatQuantity(row.count, 'identical step')}{' '}
        <span>
          · steps {from}–{to}
        </span>
      </div>
    </div>
  );
});

interface PairProps extends Placed {
  readonly at: number;
  readonly pair: StepPair;
  /** The pair that this one's difference only follows from. */
  readonly cause: StepPair | undefined;
  readonly sides: Sides;
  readonly names: SideNames;
  readonly isDivergence: boolean;
  readonly isPinning: boolean;
  readonly onSelect: (at: number) => void;
}

const Pair = memo(function Pair({
  at,
  pair,
  cause,
  sides,
  names,
  isDivergence,
  isPinning,
  top,
  rowNumber,
  isSelected,
  onSelect,
}: PairProps) {
  const { state } = pair;
  const causeStep = cause?.b ?? cause?.a;
  return (
    <div
      role="row"
      id={`compare-row-pair-${at}`}
      aria-rowindex={rowNumber}
      aria-selected={isSelected}
      data-pair={at}
      data-state={state}
      data-a={pair.a}
      data-b={pair.b}
      className={classNames(styles.row, isSelected && styles.selected, isDivergence && styles.divergence)}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onSelect(at)}
    >
      <div
        role="gridcell"
        className={classNames(styles.step, pair.a !== undefined && pair.b === undefined && styles.removed)}
      >
        {pair.a !== undefined && (
          <Step table={sides.a} index={pair.a} isQuiet={state === 'same' || state === 'retry'} />
        )}
      </div>
      <div role="gridcell" className={styles.mark}>
        <StateMark state={state} />
      </div>
      <div
        role="gridcell"
        className={classNames(styles.step, styles.right, pair.b !== undefined && pair.a === undefined && styles.added)}
      >
        {pair.b !== undefined && (
          <Step table={sides.b} index={pair.b} isQuiet={state === 'same' || state === 'retry'} />
        )}
        <div className={styles.words}>
          <span className={styles.wordText}>
            {pairWords(pair, names)}
            {causeStep === undefined ? '' : ` · follows from ${causeStep}`}
          </span>
          {isDivergence && (
            <Badge tone="warn" className={classNames(styles.badge, styles.solid)}>
              first divergence
            </Badge>
          )}
          {pair.pinned === true && (
            <Badge tone="accent" className={classNames(styles.badge, styles.solid)}>
              <Pin aria-hidden className={styles.pin} /> pinned
            </Badge>
          )}
          {isPinning && (
            <Badge tone="accent" className={classNames(styles.badge, styles.solid)}>
              pin with…
            </Badge>
          )}
        </div>
      </div>
      <Change text={changeOf(pair, ownCost(sides.a, pair.a), ownCost(sides.b, pair.b), 'money')} />
      <Change text={changeOf(pair, durationOf(sides.a, pair.a), durationOf(sides.b, pair.b), 'duration')} />
    </div>
  );
});

/** A step that the other run has not counts whole. */
function changeOf(pair: StepPair, a: number | undefined, b: number | undefined, unit: 'money' | 'duration') {
  return formatChange(pair.a === undefined ? 0 : a, pair.b === undefined ? 0 : b, unit);
}

function Change({ text: change }: { readonly text: ReturnType<typeof formatChange> }) {
  return (
    <div role="gridcell" className={classNames(styles.figure, styles[change.direction])}>
      {change.text}
    </div>
  );
}

function Step({
  table,
  index,
  isQuiet,
}: {
  readonly table: StepTable;
  readonly index: number;
  readonly isQuiet: boolean;
}) {
  const kind = table.kind[index] ?? 'other';
  const name = stepName(table, index);
  const preview = textOf(table, 'preview', index);
  return (
    <div
      className={styles.stepLine}
      style={{ paddingLeft: Math.min(table.depth[index] ?? 0, deepestIndent) * indentPx }}
    >
      <span className={styles.number}>{index}</span>
      <KindIcon kind={kind} muted={isQuiet} />
      <span
        className={classNames(styles.name, kind === 'tool' && styles.mono, isQuiet && styles.quiet)}
        title={preview === undefined ? name : `${name} ${preview}`}
      >
        {name}
        {preview !== undefined && <span className={styles.preview}> {preview}</span>}
      </span>
      {table.status[index] === 'error' && (
        <Badge
          tone="error"
          className={classNames(styles.badge, styles.solid)}
          title={textOf(table, 'errorText', index)}
        >
          ▲ failed
        </Badge>
      )}
    </div>
  );
}
