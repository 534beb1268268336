import type { TextRange } from '../../../shared/model/find-text.ts';
import styles from './marked-text.module.css';

/** A text with what was found in it marked; ranges rise and do not overlap. */
export function MarkedText({ text, ranges }: { readonly text: string; readonly ranges: readonly TextRange[] }) {
  const pieces: React.ReactNode[] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    if (from < at) continue;
    pieces.push(text.slice(at, from));
    pieces.push(
      <mark key={from} className={styles.mark}>
        {text.slice(from, to)}
      </mark>,
    );
    at = to;
  }
  pieces.push(text.slice(at));
  return <>{pieces}</>;
}
