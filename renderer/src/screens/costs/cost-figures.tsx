import type { ReactNode } from 'react';
import type { Costs } from '../../../../shared/model/costs.ts';
import { formatChange } from '../../lib/format-change.ts';
import { formatMoney, formatQuantity, formatShare, formatTokens, unknown } from '../../lib/format.ts';
import { Tooltip } from '../../ui/tooltip.tsx';
import { moneyOf, usdOf } from './cost-words.ts';
import styles from './cost-figures.module.css';

/** What the period came to, and the parts of it that can be done something about. */
export function CostFiguresStrip({ costs, days }: { readonly costs: Costs; readonly days: number }) {
  const { total, runs, previousNanoUsd } = costs;
  const saved = usdOf(total.uncachedNanoUsd - total.costNanoUsd);
  const tokens = total.input + total.output;
  const change =
    previousNanoUsd === undefined
      ? undefined
      : formatChange(usdOf(previousNanoUsd), usdOf(total.costNanoUsd), 'money').percent;
  return (
    <dl className={styles.strip} aria-label="Figures">
      <Figure
        value={moneyOf(total)}
        name={`spent${change === undefined ? '' : ` · ${change} vs previous ${days} d`}`}
        more={
          total.unpriced > 0
            ? `${formatQuantity(total.unpriced, 'call')} without a price ${total.unpriced === 1 ? 'is' : 'are'} not in it.`
            : 'Every call that is counted has a price.'
        }
      />
      <Figure
        value={total.priced === 0 || tokens === 0 ? unknown : formatMoney((usdOf(total.costNanoUsd) * 1e6) / tokens)}
        name="per 1M tokens, blended"
        more={`${formatTokens(total.input)} in, ${formatTokens(total.output)} out; ${formatShare(total.cacheRead, total.input)} of the input came from the cache.`}
      />
      <Figure
        value={total.cacheRead + total.cacheWrite === 0 ? unknown : formatMoney(saved)}
        tone="cache"
        name={saved < 0 ? 'lost by prompt caching' : 'saved by prompt caching'}
        more="The same tokens at the price of input that is not cached, less what was paid; writing to the cache is counted."
      />
      <Figure
        value={total.priced === 0 ? unknown : formatMoney(usdOf(total.resentNanoUsd))}
        name="re-sent context not cached"
        more={`About ${formatTokens(total.resent)} tokens that their thread had been sent or had said before, paid for anew. An estimate by counts.`}
      />
      <Figure
        value={runs.failed === 0 ? formatMoney(0) : formatMoney(usdOf(runs.failedNanoUsd))}
        tone={runs.failedNanoUsd > 0 ? 'error' : undefined}
        name={`spent on ${formatQuantity(runs.failed, 'failed run')}`}
        more={`${formatShare(runs.failedNanoUsd, total.costNanoUsd)} of what was spent.`}
      />
      <Figure
        value={runs.medianNanoUsd === undefined ? unknown : formatMoney(usdOf(runs.medianNanoUsd))}
        name={`median of ${formatQuantity(runs.count, 'run')}${runs.p95NanoUsd === undefined ? '' : ` · p95 ${formatMoney(usdOf(runs.p95NanoUsd))}`}`}
        more="Half of the runs cost at most so much."
      />
      {total.sparedNanoUsd > 0 && (
        <Figure
          value={formatMoney(usdOf(total.sparedNanoUsd))}
          tone="cache"
          name="spared by takes"
          more="What calls that were answered from a recording would have cost."
        />
      )}
    </dl>
  );
}

interface FigureProps {
  readonly value: ReactNode;
  readonly name: string;
  readonly more: string;
  readonly tone?: 'cache' | 'error' | undefined;
}

function Figure({ value, name, more, tone }: FigureProps) {
  return (
    <Tooltip text={more}>
      <div className={styles.figure}>
        <dd className={tone === undefined ? styles.value : styles[tone]}>{value}</dd>
        <dt className={styles.name}>{name}</dt>
      </div>
    </Tooltip>
  );
}
