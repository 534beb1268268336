import { useMemo } from 'react';
import { tokenSourceWords } from '../../../lib/context-words.ts';
import { formatMoneyAtLeast, formatShare, formatTokens } from '../../../lib/format.ts';
import { placeOf, TreeGrid, TreeGridRow } from '../../../ui/tree-grid.tsx';
import type { RowPlace, TreeGridColumn } from '../../../ui/tree-grid.tsx';
import type { TreeMove } from '../../../ui/tree-moves.ts';
import type { CarriedRow } from './context-rows.ts';
import styles from './context-lens.module.css';

const rowHeight = 30;
const headerHeight = 28;

export interface CarriedTableProps {
  readonly rows: readonly CarriedRow[];
  readonly selected: string | undefined;
  readonly onSelected: (key: string) => void;
  /** Leads to the step that made it. */
  readonly onOpen: (key: string) => void;
  readonly reported: boolean;
  readonly notes: readonly string[];
}

const columns: readonly TreeGridColumn[] = [
  { id: 'what', header: 'Carried in the context', width: 'minmax(160px, 1fr)', className: styles.first },
  { id: 'entered', header: 'Entered', width: '76px', narrowWidth: '64px' },
  { id: 'tokens', header: 'Tokens', width: '70px', narrowWidth: '62px', className: styles.number },
  { id: 'sent', header: 'Sent', width: '56px', narrowWidth: '46px', className: styles.number },
  { id: 'cost', header: 'Cost of carrying', width: '112px', narrowWidth: '86px', className: styles.number },
  { id: 'share', header: 'Share', width: '62px', narrowWidth: '48px', className: styles.number },
];

/** What the call carried, dearest first: Enter or a click leads to the step that it came from. */
export function CarriedTable({ rows, selected, onSelected, onOpen, reported, notes }: CarriedTableProps) {
  const selectedRow = useMemo(() => rows.findIndex(({ key }) => key === selected), [rows, selected]);
  const move = (wanted: TreeMove, pageRows: number) => {
    const by = movesBy(wanted, pageRows, rows.length);
    const next = rows[Math.max(0, Math.min(rows.length - 1, selectedRow + by))];
    if (next !== undefined) onSelected(next.key);
  };
  return (
    <>
      <TreeGrid
        label="Carried in the context"
        columns={columns}
        headerHeight={headerHeight}
        rows={rows}
        rowHeight={() => rowHeight}
        rowKey={({ key }) => key}
        rowId={({ key }) => `carried-${key}`}
        selection={selectedRow < 0 ? undefined : selectedRow}
        selectedRow={selectedRow}
        onMove={move}
      >
        {(row, place) => (
          <CarriedRowView
            key={row.key}
            row={row}
            {...placeOf(place)}
            onClick={() => {
              onSelected(row.key);
              onOpen(row.key);
            }}
          />
        )}
      </TreeGrid>
      <p className={styles.notes}>
        {reported ? '≈ by length, fitted to the reported input. ' : ''}Share: of all input of the conversation.
        {notes.map((note) => ` ${note}`)}
      </p>
    </>
  );
}

function CarriedRowView({
  row,
  onClick,
  ...place
}: RowPlace & { readonly row: CarriedRow; readonly onClick: () => void }) {
  const isEstimate = row.tokensFrom === 'estimated';
  return (
    <TreeGridRow id={`carried-${row.key}`} {...place} onClick={onClick} data-carried={row.key}>
      <div role="gridcell" className={styles.what}>
        <span className={styles.dot} data-category={row.category} aria-hidden />
        <span className={styles.label}>{row.label}</span>
        <span className={styles.preview}>{row.preview}</span>
      </div>
      <div role="gridcell" className={styles.entered}>
        {row.origin === undefined
          ? row.category === 'tools' || row.category === 'system'
            ? 'start'
            : `step ${row.entered}`
          : `step ${row.origin}`}
      </div>
      <div role="gridcell" className={styles.number} title={tokenSourceWords(row.tokensFrom)}>
        {isEstimate ? '≈ ' : ''}
        {formatTokens(row.tokens)}
      </div>
      <div role="gridcell" className={styles.number}>
        {row.sent} ×
      </div>
      <div role="gridcell" className={styles.number}>
        {formatMoneyAtLeast(row.rentUsd, row.unpriced)}
      </div>
      <div role="gridcell" className={styles.number}>
        {formatShare(row.share, 1)}
      </div>
    </TreeGridRow>
  );
}

function movesBy(move: TreeMove, pageRows: number, count: number): number {
  switch (move) {
    case 'next':
      return 1;
    case 'previous':
      return -1;
    case 'page-down':
      return pageRows;
    case 'page-up':
      return -pageRows;
    case 'first':
      return -count;
    case 'last':
      return count;
    default:
      return 0;
  }
}
