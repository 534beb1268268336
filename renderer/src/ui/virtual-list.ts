import { useVirtualizer } from '@tanstack/react-virtual';
import type { Virtualizer } from '@tanstack/react-virtual';
import { useEffect } from 'react';
import type { RefObject } from 'react';

export interface VirtualRowsOptions {
  readonly count: number;
  readonly scrollRef: RefObject<HTMLElement | null>;
  /** Fixed height of a row in pixels. */
  readonly rowHeight: number;
  readonly overscan?: number;
  /** This row is kept in view when it changes, e.g. the selected one. */
  readonly keepInView?: number | undefined;
  /** Height of what sticks to the top of the scrolled area (a header inside it). */
  readonly paddingStart?: number;
}

/** Rows of one height of which only the visible ones are drawn. */
export function useVirtualRows(options: VirtualRowsOptions): Virtualizer<HTMLElement, Element> {
  const { count, scrollRef, rowHeight, overscan = 12, keepInView, paddingStart = 0 } = options;
  const rows = useVirtualizer<HTMLElement, Element>({
    count,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowHeight,
    overscan,
    scrollPaddingStart: paddingStart,
  });

  useEffect(() => {
    if (keepInView !== undefined && keepInView >= 0) rows.scrollToIndex(keepInView, { align: 'auto' });
    // `rows` is the same object for the life of the component.
  }, [keepInView, rows]);

  return rows;
}
