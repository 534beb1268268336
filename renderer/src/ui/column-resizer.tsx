import { useRef } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import styles from './tree-grid.module.css';

/** Pixels of one press of an arrow key. */
const keyStep = 16;

export interface ColumnResizerProps {
  /** What the column is called. */
  readonly label: string;
  /** In pixels; undefined: as wide as the grid makes it. */
  readonly width: number | undefined;
  readonly min: number;
  readonly max: number;
  /** undefined: as wide as the grid makes it. */
  readonly onResize: (width: number | undefined) => void;
}

/** The right edge of a column: dragged, or moved with the arrow keys; a double click or Backspace gives the width back to the grid. */
export function ColumnResizer({ label, width, min, max, onResize }: ColumnResizerProps) {
  const drag = useRef<{ readonly x: number; readonly width: number }>(undefined);
  const resize = (wanted: number) => onResize(Math.round(Math.min(Math.max(wanted, min), max)));
  const widthOf = (element: HTMLElement) => width ?? element.parentElement?.getBoundingClientRect().width ?? min;
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const by = event.key === 'ArrowLeft' ? -keyStep : event.key === 'ArrowRight' ? keyStep : undefined;
    if (by === undefined && event.key !== 'Backspace') return;
    // Arrow keys walk the steps everywhere else.
    event.preventDefault();
    event.nativeEvent.stopPropagation();
    if (by === undefined) onResize(undefined);
    else resize(widthOf(event.currentTarget) + by);
  };
  const start = (event: PointerEvent<HTMLDivElement>) => {
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, width: widthOf(event.currentTarget) };
  };
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${label}`}
      aria-valuenow={width ?? min}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuetext={width === undefined ? 'as the table makes it' : `${width} pixels`}
      tabIndex={0}
      className={styles.resizer}
      onKeyDown={press}
      onPointerDown={start}
      onPointerMove={(event) => {
        if (drag.current !== undefined) resize(drag.current.width + event.clientX - drag.current.x);
      }}
      onPointerUp={() => {
        drag.current = undefined;
      }}
      onPointerCancel={() => {
        drag.current = undefined;
      }}
      onDoubleClick={() => onResize(undefined)}
    />
  );
}
