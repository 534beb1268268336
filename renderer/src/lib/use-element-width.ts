import { useCallback, useState } from 'react';

/** Width of an element in CSS pixels, kept current; 0 before it is laid out. Give `ref` to the element. */
export function useElementWidth<E extends HTMLElement>(): readonly [
  (element: E | null) => (() => void) | undefined,
  number,
] {
  const [width, setWidth] = useState(0);
  const ref = useCallback((element: E | null) => {
    if (element === null) return undefined;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
