/** Longer words are no slips of the finger. */
const longest = 40;

/** The word that is meant, where one is near: at most a third of it is another, or it goes on from what was typed. */
export function nearestWord(typed: string, words: readonly string[]): string | undefined {
  if (typed === '' || typed.length > longest) return undefined;
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of words) {
    const distance = word.startsWith(typed) && typed.length > 1 ? 0.5 : editDistance(typed, word);
    const limit = Math.max(1, Math.floor(Math.max(word.length, typed.length) / 3));
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { word, distance };
  }
  return best?.word;
}

/** Characters added, left out, exchanged, or two neighbours the wrong way round. */
function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let y = 1; y <= left.length; y++) {
    const next = [y];
    for (let x = 1; x <= right.length; x++) {
      const same = left[y - 1] === right[x - 1];
      let least = Math.min((next[x - 1] ?? 0) + 1, (row[x] ?? 0) + 1, (row[x - 1] ?? 0) + (same ? 0 : 1));
      if (y > 1 && x > 1 && left[y - 1] === right[x - 2] && left[y - 2] === right[x - 1])
        least = Math.min(least, (before[x - 2] ?? 0) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[right.length] ?? 0;
}
