import { ArrowDown } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { RefObject } from 'react';
import { formatCount } from '../../lib/format.ts';
import { Kbd } from '../../ui/kbd.tsx';
import styles from './new-steps.module.css';

/** Over the steps, where the reader is not at the newest one: how many came since, and the way there. */
export function NewSteps({
  count,
  isLive,
  onFollow,
}: {
  readonly count: number;
  readonly isLive: boolean;
  readonly onFollow: () => void;
}) {
  return (
    <div className={styles.place} aria-live="polite">
      <button
        type="button"
        className={styles.button}
        title={isLive ? 'Go to the newest step, and follow the run' : 'Go to the newest step'}
        onClick={onFollow}
      >
        <ArrowDown aria-hidden /> {formatCount(count)} new <Kbd keys="Shift+End" onAccent />
      </button>
    </div>
  );
}

const gestures = ['touchmove', 'pointerdown', 'keydown'] as const;

/** Calls `onAway` when the reader (not the window) turns the wheel up, or scrolls the selected step out of what is seen. Of any lens. */
export function useScrolledAway(
  pane: RefObject<HTMLElement | null>,
  selected: number | undefined,
  onAway: () => void,
): void {
  const gesture = useRef(false);
  // The window scrolls to what it selects: that is no gesture of the reader's.
  useEffect(() => {
    gesture.current = false;
  }, [selected]);
  useEffect(() => {
    const element = pane.current;
    if (element === null || selected === undefined) return undefined;
    const begin = () => {
      gesture.current = true;
    };
    // At once: before the wheel has come to rest the next step would be scrolled to.
    const turn = (event: WheelEvent) => {
      if (event.deltaY < 0 && canScrollUp(event.target, element)) onAway();
    };
    const look = (event: Event) => {
      const scroller = event.target;
      if (!gesture.current || !(scroller instanceof HTMLElement)) return;
      const step = scroller.querySelector(`[data-step="${selected}"]`);
      if (step !== null && !isInView(step, scroller)) onAway();
    };
    element.addEventListener('wheel', turn, { passive: true });
    for (const name of gestures) element.addEventListener(name, begin, { passive: true, capture: true });
    element.addEventListener('scroll', look, { passive: true, capture: true });
    return () => {
      element.removeEventListener('wheel', turn);
      for (const name of gestures) element.removeEventListener(name, begin, { capture: true });
      element.removeEventListener('scroll', look, { capture: true });
    };
  }, [pane, selected, onAway]);
}

/** By what there is to scroll, not by where it stands: the browser may have scrolled to the top before it tells of the wheel. */
function canScrollUp(target: EventTarget | null, pane: HTMLElement): boolean {
  for (let at = target instanceof Element ? target : null; at !== null && pane.contains(at); at = at.parentElement)
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) return true;
  return false;
}

function isInView(element: Element, scroller: HTMLElement): boolean {
  const inner = element.getBoundingClientRect();
  const outer = scroller.getBoundingClientRect();
  return inner.bottom > outer.top && inner.top < outer.bottom;
}
