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

/** The catalogue's own names of prices (`@pydantic/genai-prices`, `*_mtok`), each for a million tokens; one that is not here stands as it is. */
const words: Readonly<Record<string, string>> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cache read',
  cache_write_mtok: 'cache write',
  cache_write_1h_mtok: 'cache write for an hour',
  output_reasoning_mtok: 'reasoning',
  input_audio_mtok: 'audio input',
  cache_audio_read_mtok: 'audio cache read',
  output_audio_mtok: 'audio output',
};

export const priceKeyWords = (key: string): string => (Object.hasOwn(words, key) ? (words[key] ?? key) : key);

/** One model's prices that are other than before, in dollars for a million tokens: `input 3 → 4, output none → 15`. */
export const changedPriceWords = (
  prices: readonly {
    readonly key: string;
    readonly before?: string | undefined;
    readonly after?: string | undefined;
  }[],
): string =>
  prices.map(({ key, before, after }) => `${priceKeyWords(key)} ${before ?? 'none'} → ${after ?? 'none'}`).join(', ');

/**
 * What pricing again came to for the calls of one model, as `$0.26 → no price`: what has no price is never told as nothing, and with calls
 * without one the money is at least so much.
 */
export function modelSpendWords(model: RepricingReport['models'][number], money: (nanoUsd: number) => string): string {
  const side = (nanoUsd: number, unpriced: number): string =>
    unpriced === 0 ? money(nanoUsd) : nanoUsd === 0 ? 'no price' : `≥ ${money(nanoUsd)}`;
  return `${side(model.beforeNanoUsd, model.unpricedBefore)} → ${side(model.afterNanoUsd, model.unpricedAfter)} in ${counted(model.runs, 'run')}`;
}
