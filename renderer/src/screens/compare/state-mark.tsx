import { ArrowDownUp, Equal, EqualNot, Minus, Plus, RotateCw } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { PairState } from '../../../../shared/model/comparison.ts';
import { classNames } from '../../lib/class-names.ts';
import { stateWord } from './pair-words.ts';
import styles from './state-mark.module.css';

const icons: { readonly [State in PairState]: LucideIcon } = {
  same: Equal,
  changed: EqualNot,
  added: Plus,
  removed: Minus,
  moved: ArrowDownUp,
  retry: RotateCw,
};

/** The state of a pair as a shape in a colour; the word stands beside it, or is read out. */
export function StateMark({ state, withWord = false }: { readonly state: PairState; readonly withWord?: boolean }) {
  const Icon = icons[state];
  return withWord ? (
    <span className={classNames(styles.mark, styles[state])}>
      <Icon aria-hidden /> {stateWord(state)}
    </span>
  ) : (
    <span role="img" aria-label={stateWord(state)} className={classNames(styles.mark, styles[state])}>
      <Icon aria-hidden />
    </span>
  );
}
