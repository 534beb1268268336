import type { ContextCall, ContextCategory } from '../../../../../shared/model/context-lens.ts';
import { categoryWord } from '../../../lib/context-words.ts';
import { formatShare, formatTokens } from '../../../lib/format.ts';
import { sharesOf } from './context-rows.ts';
import styles from './context-lens.module.css';

export interface ContextBandProps {
  readonly call: ContextCall;
  /** The one category that the table shows. */
  readonly only: ContextCategory | undefined;
  readonly onOnly: (category: ContextCategory | undefined) => void;
}

/** The context as one bar; its legend says the same in words and figures, and filters the table. */
export function ContextBand({ call, only, onOnly }: ContextBandProps) {
  const shares = sharesOf(call);
  return (
    <>
      <div className={styles.band} aria-hidden>
        {shares.map(({ category, tokens }) => (
          <span
            key={category}
            className={styles.piece}
            data-category={category}
            style={{ flexGrow: tokens }}
            title={`${categoryWord(category)} ${formatTokens(tokens)} · ${formatShare(tokens, call.total)}`}
          />
        ))}
      </div>
      <div className={styles.legend} role="group" aria-label="What it is made of">
        {shares.map(({ category, tokens }) => (
          <button
            key={category}
            type="button"
            className={styles.legendItem}
            aria-pressed={only === category}
            title={`Show only ${categoryWord(category)}`}
            onClick={() => onOnly(only === category ? undefined : category)}
          >
            <span className={styles.dot} data-category={category} aria-hidden />
            {categoryWord(category)} <b>{formatTokens(tokens)}</b>
          </button>
        ))}
      </div>
    </>
  );
}
