import { useEffect } from 'react';
import type { RefObject } from 'react';

/**
 * When a screen opens, what had the focus is often gone with the screen before: the browser then starts at the window's
 * first control. Its main element takes the focus instead, unless something else has it.
 */
export function useFocusWhenLost(ref: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (document.activeElement === null || document.activeElement === document.body)
      ref.current?.focus({ preventScroll: true });
  }, [ref]);
}
