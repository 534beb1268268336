import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';

const patienceMs = 150;

/** Shows its content only when it is still there after 150 ms: no spinner for what is quick. */
export function Delayed({ children }: { readonly children: ReactNode }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  return shown ? children : null;
}
