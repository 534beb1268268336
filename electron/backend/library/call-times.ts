/**
 * How long calls took, as counts by length: the lengths of several sums are added, and taken away again, like every other figure of spend.
 * A place is a length and those 4 % shorter or longer, so that what is read off is within 4 % of it.
 */
export type CallTimes = Map<number, number>;

const widthOfPlace = Math.log(1.08);

export function addCallTime(times: CallTimes, ms: number): void {
  const place = ms < 1 ? 0 : Math.round(Math.log(ms) / widthOfPlace);
  times.set(place, (times.get(place) ?? 0) + 1);
}

/** `place count` with commas between them, in the order of the places; empty where no length is known. */
export function callTimesText(times: CallTimes): string {
  return [...times]
    .filter(([, count]) => count !== 0)
    .sort(([left], [right]) => left - right)
    .map(([place, count]) => (count === 1 ? String(place) : `${place} ${count}`))
    .join(',');
}

export function addCallTimes(times: CallTimes, text: string, sign = 1): CallTimes {
  if (text === '') return times;
  for (const entry of text.split(',')) {
    const space = entry.indexOf(' ');
    const place = Number(space < 0 ? entry : entry.slice(0, space));
    const count = space < 0 ? 1 : Number(entry.slice(space + 1));
    times.set(place, (times.get(place) ?? 0) + count * sign);
  }
  return times;
}

/** The length that this share of the calls does not exceed; undefined where none is known. */
export function callTimeAt(times: CallTimes, share: number): number | undefined {
  const places = [...times].filter(([, count]) => count > 0).sort(([left], [right]) => left - right);
  let wanted = Math.ceil(places.reduce((sum, [, count]) => sum + count, 0) * share);
  for (const [place, count] of places) {
    wanted -= count;
    if (wanted <= 0) return Math.exp(place * widthOfPlace);
  }
  return undefined;
}
