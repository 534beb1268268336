import type { Header } from '@tanstack/react-table';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useState } from 'react';
import type { KeyboardEvent } from 'react';
import { classNames } from '../../lib/class-names.ts';
import { moveColumn } from './column-layout.ts';
import type { ColumnLayout } from './column-layout.ts';
import { columnById } from './run-columns.tsx';
import type { SortKey } from './run-columns.tsx';
import type { TableFeatures } from './table-columns.ts';
import type { RunRow } from './take-rows.ts';
import styles from './runs-table.module.css';

const columnDrag = 'text/x-retake-column';

export interface HeaderCellProps {
  readonly header: Header<TableFeatures, RunRow, unknown>;
  readonly layout: ColumnLayout;
  readonly onLayout: (layout: ColumnLayout) => void;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly onSort: (sort: SortKey, descending: boolean) => void;
}

const resizeStep = 16;

export function HeaderCell({ header, layout, onLayout, sort, descending, onSort }: HeaderCellProps) {
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
