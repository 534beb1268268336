import type { LedgerItem } from './ledger-entry.ts';

/** Words that a result is told by: names, paths, figures; not those of every text. */
const word = /[\p{L}\p{N}_]{6,40}/gu;
const wordsOfResult = 2_000;
/** With fewer words of its own a result is not told apart from others. */
const fewestWords = 12;
const longestLooked = 400_000;
const watchedAtOnce = 300;

interface Watched {
  readonly item: LedgerItem;
  used: boolean;
}

/**
 * Watches large results for any sign that they were used: a single word of a result that nothing before it held, in any later answer,
 * thought or argument of any model of the run. So a result that is called unused was certainly not quoted, named or built upon.
 */
export class UnusedResults {
  private readonly before = new Set<string>();
  private readonly watched: Watched[] = [];
  private readonly byWord = new Map<string, Watched[]>();
  /** An answer of which the trace does not hold all: what it used is not known. */
  private blind = false;

  /** What came into a context without being a result. */
  knew(text: string): void {
    if (this.before.size > 200_000) return;
    for (const [found] of text.slice(0, longestLooked).matchAll(word)) this.before.add(found.toLowerCase());
  }

  came(item: LedgerItem): void {
    const own = new Set<string>();
    for (const [found] of item.text.slice(0, longestLooked).matchAll(word)) {
      const lower = found.toLowerCase();
      if (!this.before.has(lower)) own.add(lower);
      if (own.size >= wordsOfResult) break;
    }
    if (own.size < fewestWords || this.watched.length >= watchedAtOnce) return;
    const watched: Watched = { item, used: false };
    this.watched.push(watched);
    for (const one of own) {
      const others = this.byWord.get(one);
      if (others === undefined) this.byWord.set(one, [watched]);
      else others.push(watched);
    }
  }

  said(text: string): void {
    for (const [found] of text.slice(0, longestLooked).matchAll(word))
      for (const watched of this.byWord.get(found.toLowerCase()) ?? []) watched.used = true;
  }

  notAllSaid(): void {
    this.blind = true;
  }

  unused(): readonly LedgerItem[] {
    return this.blind ? [] : this.watched.filter(({ used }) => !used).map(({ item }) => item);
  }
}
