/** Colour of a series by its place; beyond them it is everything else. */
export function seriesColor(place: number, series: number): string {
  return place < series ? `var(--series-${place + 1})` : 'var(--series-rest)';
}
