import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Kbd } from './kbd.tsx';
import { LinkButton } from './link.tsx';
import styles from './query-assist.module.css';

export interface QueryAssistLineProps {
  /** What can be added at the cursor. */
  readonly offers: readonly { readonly label: string; readonly hint?: string | undefined }[];
  readonly onOffer: (at: number) => void;
  /** Tab takes the first. */
  readonly tabTakes: boolean;
  /** What is wrong with what was typed; `fixed`: what is meant. */
  readonly problem: { readonly words: string; readonly fixed: string | undefined } | undefined;
  readonly onFix: (text: string) => void;
  /** At the right. */
  readonly children?: ReactNode;
}

const mostOffers = 8;

/** Under a field for queries: what can be added, or what is wrong with it. */
export function QueryAssistLine({ offers, onOffer, tabTakes, problem, onFix, children }: QueryAssistLineProps) {
  const fixed = problem?.fixed;
  return (
    <div className={styles.line}>
      {problem !== undefined ? (
        <p className={styles.problem} role="alert">
          <TriangleAlert aria-hidden /> <span>{problem.words}</span>
          {fixed !== undefined && <LinkButton onClick={() => onFix(fixed)}>Put it right</LinkButton>}
        </p>
      ) : (
        <>
          <span className={styles.add}>{offers.length > 0 ? 'add' : ''}</span>
          <ul className={styles.offers} aria-label="Can be added to the query">
            {offers.slice(0, mostOffers).map(({ label, hint }, at) => (
              <li key={label}>
                <button type="button" className={styles.offer} title={hint} tabIndex={-1} onClick={() => onOffer(at)}>
                  {label}
                  {at === 0 && tabTakes && <Kbd keys="Tab" />}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {children}
    </div>
  );
}
