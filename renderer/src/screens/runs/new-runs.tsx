import { ArrowUp } from 'lucide-react';
import { formatCount } from '../../lib/format.ts';
import { Kbd } from '../../ui/kbd.tsx';
import styles from './new-runs.module.css';

/** Over a list that stays where it is: how many runs came since, or that its order is another by now. */
export function NewRuns({ count, onShow }: { readonly count: number; readonly onShow: () => void }) {
  return (
    <div className={styles.place} aria-live="polite">
      <button type="button" className={styles.button} onClick={onShow}>
        <ArrowUp aria-hidden /> {count > 0 ? `${formatCount(count)} new` : 'The order has changed'}{' '}
        <Kbd keys="n" onAccent />
      </button>
    </div>
  );
}
