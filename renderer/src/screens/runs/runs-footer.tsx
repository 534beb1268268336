import type { ReactNode } from 'react';
import {
  formatDuration,
  formatMoneyAtLeast,
  formatQuantity,
  formatCount,
  formatShare,
  formatTokens,
  unknown,
} from '../../lib/format.ts';
import type { useRunsTotals } from '../../session/queries.ts';
import { Tooltip } from '../../ui/tooltip.tsx';
import type { RunGroups } from './use-run-groups.ts';
import styles from './runs-footer.module.css';

type Totals = NonNullable<ReturnType<typeof useRunsTotals>['data']>;

/** Sums over everything that matches, not only over what is loaded. */
export function RunsFooter({
  totals,
  groups,
}: {
  readonly totals: Totals | undefined;
  readonly groups?: Pick<RunGroups, 'groups' | 'more'> | undefined;
}) {
  if (totals === undefined) return <footer className={styles.footer} />;
  const cached = formatShare(totals.usage.cacheRead, totals.usage.input);
  return (
    <footer className={styles.footer} aria-label="Totals">
      <span>
        {formatQuantity(totals.runs, 'run matches', 'runs match')}
        {groups !== undefined && `, in ${formatQuantity(groups.groups.length + groups.more, 'group')}`}
        {groups !== undefined && groups.more > 0 && ` (${formatCount(groups.groups.length)} shown)`}
      </span>
      <Sum name="Tokens in">
        {formatTokens(totals.usage.input)}
        {cached !== unknown && <span className={styles.cache}> {cached} cached</span>}
      </Sum>
      <Sum name="Out">{formatTokens(totals.usage.output)}</Sum>
      <Sum name="Cost">
        <Money totals={totals} />
      </Sum>
      <Sum name="p95 duration">{formatDuration(totals.p95DurationMs)}</Sum>
      <Sum name="Errors">
        <span className={totals.errors > 0 ? styles.error : undefined}>{formatCount(totals.errors)}</span>
      </Sum>
    </footer>
  );
}

function Money({ totals }: { readonly totals: Totals }) {
  // No call at all is not the same as calls without a price.
  if (totals.costUsd === undefined && totals.unpricedCalls === 0) return unknown;
  const text = formatMoneyAtLeast(totals.costUsd, totals.unpricedCalls);
  if (totals.unpricedCalls === 0) return text;
  return (
    <Tooltip text={`${formatQuantity(totals.unpricedCalls, 'call')} without a price. Add one in Settings.`} side="top">
      <span>{text}</span>
    </Tooltip>
  );
}

function Sum({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <span className={styles.sum}>
      {name} <b>{children}</b>
    </span>
  );
}
