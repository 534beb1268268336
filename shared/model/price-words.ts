import type { RepricingReport } from './prices.ts';

const counted = (count: number, one: string): string => `${count} ${count === 1 ? one : `${one}s`}`;

/** Something is other than before, or could not be made so. */
export const changesRuns = ({ changedRuns, failedRuns, unpricedBefore, unpricedAfter }: RepricingReport): boolean =>
  changedRuns > 0 || failedRuns > 0 || unpricedBefore !== unpricedAfter;

/** What pricing again came to, in one sentence; `money` writes nano-dollars. */
export function repricingWords(report: RepricingReport, money: (nanoUsd: number) => string): string {
  const { runs, changedRuns, beforeNanoUsd, afterNanoUsd, unpricedBefore, unpricedAfter, failedRuns, cutShort } =
    report;
  const parts = [
    changedRuns === 0
      ? `${counted(runs, 'run')} looked at, none costs anything else`
      : `${changedRuns} of ${counted(runs, 'run')} cost otherwise, ${money(beforeNanoUsd)} → ${money(afterNanoUsd)} in all`,
    ...(unpricedBefore === unpricedAfter ? [] : [`calls without a price: ${unpricedBefore} → ${unpricedAfter}`]),
    ...(failedRuns === 0 ? [] : [`${counted(failedRuns, 'run')} could not be priced again and stay as they were`]),
    ...(cutShort === undefined || cutShort.changedRuns === 0
      ? []
      : [
          `before that, prices which did not last had changed ${counted(cutShort.changedRuns, 'run')} from ${money(cutShort.beforeNanoUsd)} to ${money(cutShort.afterNanoUsd)}`,
        ]),
  ];
  return `${parts.join('; ')}.`;
}
