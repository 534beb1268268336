/** USD per million tokens, as typed. */
export interface TypedRates {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
}
type RateName = keyof TypedRates;

/** The cheapest models cost a hundredth of a dollar for a million tokens, the dearest 600: FACTS.md, Prices. */
const least = 0.001;
const most = 2_000;

/** What is probably meant otherwise, by the field: a price for one token, or one with the point in the wrong place. Nothing that is 0. */
export function rateMistakes(rates: TypedRates): Readonly<Partial<Record<RateName, string>>> {
  const found: { [Name in RateName]?: string } = {};
  for (const name of ['input', 'output', 'cacheRead', 'cacheWrite'] as const) {
    const usd = rates[name];
    if (usd === undefined || usd === 0) continue;
    if (usd < least)
      found[name] =
        `$${plain(usd)} for a million tokens? If it is for one token, type ${plain(usd * 1e6)}. Save again to keep it.`;
    else if (usd > most)
      found[name] = `$${plain(usd)} for a million tokens is more than any model costs. Save again to keep it.`;
  }
  const { input, cacheRead } = rates;
  if (found.cacheRead === undefined && input !== undefined && cacheRead !== undefined && cacheRead > input)
    found.cacheRead = 'What is read from the cache costs more than input? Save again to keep it.';
  return found;
}

/** A share typed where percents are asked for. */
export function percentMistake(percent: number | undefined): string | undefined {
  return percent !== undefined && percent !== 0 && Math.abs(percent) < 1
    ? `${plain(percent)} %? If it is a share, type ${plain(percent * 100)}. Save again to keep it.`
    : undefined;
}

/** Without an exponent and without what binary fractions leave behind. */
function plain(value: number): string {
  return value.toFixed(12).replace(/\.?0+$/, '');
}
