import { ChevronDown, ChevronRight, X } from 'lucide-react';
import { useState } from 'react';
import { z } from 'zod';
import { messageOf } from '../../../lib/error-message.ts';
import { formatDuration, formatMoneyAtLeast, formatQuantity, formatTokens } from '../../../lib/format.ts';
import { storedValue } from '../../../lib/stored-value.ts';
import { IconButton } from '../../../ui/icon-button.tsx';
import type { TimeWindow } from '../timeline/time-window.ts';
import { SumsView, waitedOn } from './sums-view.tsx';
import { useSums } from './use-sums.ts';
import styles from './sums.module.css';

const storedOpen = storedValue<boolean>('retake.run.sums-open', z.boolean(), true);

export interface AreaSumsProps {
  readonly runId: string;
  readonly window: TimeWindow;
  readonly onStep: (index: number) => void;
  readonly onClose: () => void;
}

/** What a chosen span of time came to. */
export function AreaSums({ runId, window, onStep, onClose }: AreaSumsProps) {
  const { data: sums, error } = useSums(runId, { from: window.from, to: window.to });
  const [open, setOpen] = useState(() => storedOpen.read());
  const Twisty = open ? ChevronDown : ChevronRight;
  return (
    <section className={styles.area} aria-label="Sums of the chosen time">
      <div className={styles.line}>
        <button
          type="button"
          className={styles.toggle}
          aria-expanded={open}
          onClick={() => {
            storedOpen.write(!open);
            setOpen(!open);
          }}
        >
          <Twisty aria-hidden />
          {formatDuration(window.from)} – {formatDuration(window.to)}
        </button>
        {sums !== undefined && (
          <span className={styles.words} role="status">
            {[
              formatDuration(window.to - window.from),
              formatQuantity(sums.total.steps, 'step'),
              sums.cut > 0 ? `${sums.cut} of them in part` : undefined,
              sums.total.input + sums.total.output > 0
                ? `${formatTokens(sums.total.input)} in, ${formatTokens(sums.total.output)} out`
                : undefined,
              sums.total.input + sums.total.output + sums.total.unpriced > 0
                ? formatMoneyAtLeast(sums.total.costUsd, sums.total.unpriced)
                : undefined,
              waitedOn(sums),
            ]
              .filter((part) => part !== undefined && part !== '')
              .join(' · ')}
          </span>
        )}
        {error !== null && (
          <span className={styles.errors} role="alert">
            It could not be summed: {messageOf(error)}
          </span>
        )}
        <IconButton label="Close the sums" keys="0" icon={<X />} size="small" onClick={onClose} />
      </div>
      {open && sums !== undefined && (
        <div className={styles.open}>
          <SumsView sums={sums} onStep={onStep} />
        </div>
      )}
    </section>
  );
}
