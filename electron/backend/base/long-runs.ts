/** Whether a sign is one of those that runs are made of. */
export type SignTable = Uint8Array;

export function signTable(signs: string): SignTable {
  const table = new Uint8Array(128);
  for (const sign of signs) table[sign.charCodeAt(0)] = 1;
  return table;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Both alphabets of base64. */
export const base64Signs = signTable(`${letters}+/_-`);
/** Keys, with what parts of them stand between. */
export const keySigns = signTable(`${letters}+/_-.:=`);

export interface LongRun {
  readonly start: number;
  readonly end: number;
}

/**
 * The longest runs of such signs, those of at least `shortest`. Ordinary text has hardly any: only about one sign in `shortest` is
 * looked at, where a pattern looks at each.
 */
export function longRuns(text: string, signs: SignTable, shortest: number): readonly LongRun[] {
  const runs: LongRun[] = [];
  const { length } = text;
  // No sign stands before `start`.
  let start = 0;
  while (start + shortest <= length) {
    let at = start + shortest - 1;
    while (at >= start && signs[text.charCodeAt(at)] === 1) at--;
    if (at >= start) {
      start = at + 1;
      continue;
    }
    let end = start + shortest;
    while (end < length && signs[text.charCodeAt(end)] === 1) end++;
    runs.push({ start, end });
    start = end + 1;
  }
  return runs;
}

/** What a sticky pattern takes where it begins with such a run; none overlap. */
export function* matchesAtRuns(text: string, pattern: RegExp, runs: readonly LongRun[]): Generator<RegExpExecArray> {
  let free = 0;
  for (const { start } of runs) {
    if (start < free) continue;
    pattern.lastIndex = start;
    const match = pattern.exec(text);
    if (!match) continue;
    free = start + match[0].length;
    yield match;
  }
}
