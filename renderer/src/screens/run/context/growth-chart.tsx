import { Scissors, ZapOff } from 'lucide-react';
import type { GrowthBar } from '../../../../../shared/model/context-lens.ts';
import { classNames } from '../../../lib/class-names.ts';
import { formatTokens } from '../../../lib/format.ts';
import { sharesOf } from './context-rows.ts';
import styles from './context-lens.module.css';

/** More have no room for their figures. */
const mostLabels = 9;

export interface GrowthChartProps {
  readonly bars: readonly GrowthBar[];
  readonly conversations: number;
  readonly onSelect: (step: number) => void;
}

/** How the context of this conversation grew, call by call; marks where the cache was lost and where something went. */
export function GrowthChart({ bars, conversations, onSelect }: GrowthChartProps) {
  const largest = Math.max(1, ...bars.map(({ call }) => call.total));
  const labelled = bars.length <= mostLabels;
  return (
    <>
      <h2 className={styles.heading}>
        Growth over the {conversations > 1 ? 'conversation' : 'run'}
        <span className={styles.key}>
          {bars.some(({ hasDrop }) => hasDrop) && (
            <span>
              <ZapOff aria-hidden /> cache lost
            </span>
          )}
          {bars.some(({ hasLoss }) => hasLoss) && (
            <span>
              <Scissors aria-hidden /> parts gone
            </span>
          )}
        </span>
      </h2>
      <div className={styles.growth} role="group" aria-label="Growth">
        {bars.map(({ call, hasDrop, hasLoss, isSelected }, at) => (
          <button
            key={at}
            type="button"
            // One stop for Tab; J and K walk the steps.
            tabIndex={isSelected ? 0 : -1}
            className={classNames(styles.bar, isSelected && styles.barSelected)}
            aria-current={isSelected ? 'step' : undefined}
            aria-label={`step ${call.step}, ${formatTokens(call.total)} tokens${hasDrop ? ', cache lost' : ''}${hasLoss ? ', parts gone' : ''}`}
            title={`step ${call.step} · ${formatTokens(call.total)}`}
            onClick={() => onSelect(call.step)}
          >
            <span className={styles.barMarks} aria-hidden>
              {hasDrop && <ZapOff />}
              {hasLoss && <Scissors />}
            </span>
            {labelled && <span className={styles.barFigure}>{formatTokens(call.total)}</span>}
            <span className={styles.stack} style={{ height: `${Math.max(1, (call.total / largest) * 100)}%` }}>
              {sharesOf(call)
                .toReversed()
                .map(({ category, tokens }) => (
                  <span key={category} data-category={category} style={{ flexGrow: tokens }} />
                ))}
            </span>
          </button>
        ))}
      </div>
      <div className={styles.axis} aria-hidden>
        {labelled
          ? bars.map(({ call }, at) => (
              <span key={at} className="truncate">
                step {call.step}
              </span>
            ))
          : [bars[0], bars.find(({ isSelected }) => isSelected), bars.at(-1)].map((bar, at) => (
              <span key={at} className="truncate">
                {bar === undefined ? '' : `step ${bar.call.step} · ${formatTokens(bar.call.total)}`}
              </span>
            ))}
      </div>
    </>
  );
}
