import type { StepKind } from '../../../shared/model/step.ts';
import type { Aspect } from './normalise.ts';

/** What a step is, for matching it with another: who did what, with hashes of everything it saw and produced. */
export interface ComparableStep {
  /** Position in this list: the index of the run's StepTable. */
  readonly index: number;
  readonly kind: StepKind;
  /** As shown: tool name, agent name, model. */
  readonly name: string;
  readonly agent: string | undefined;
  readonly model: string | undefined;
  readonly parent: number | undefined;
  readonly requestedBy: number | undefined;
  readonly parallelGroup: number | undefined;
  readonly hidden: boolean;
  /** Ended with an error. */
  readonly failed: boolean;
  /** The model was given more than its context holds: what is asked next is something else, not the same again. */
  readonly overflowed: boolean;
  readonly content: StepAspects;
  /** Words of what the step does (arguments, answer), thinned to a fixed number: for how alike two texts are. */
  readonly sketch: Sketch;
}

/** An absent aspect was not sent by the client, or is not read: it neither equals nor differs. */
export interface StepAspects {
  /** Of an llm step: messages that its previous llm step had not seen or said. Of other steps: all that they were given. */
  readonly input?: Aspect | undefined;
  /** Of an llm step: everything that it saw. */
  readonly context?: Aspect | undefined;
  /** Answer text and calls, in any order of the calls. */
  readonly output?: Aspect | undefined;
  /** Of an llm step: the calls of the answer alone. */
  readonly calls?: Aspect | undefined;
  readonly arguments?: Aspect | undefined;
  readonly result?: Aspect | undefined;
  readonly parameters?: Aspect | undefined;
  readonly tools?: Aspect | undefined;
  readonly error?: Aspect | undefined;
}

/** The smallest hashes of a text's words, ascending. */
export type Sketch = readonly number[];

const sketchSize = 24;
/** Later words of a long text say no more about what it is. */
const sketchedCharacters = 20_000;

export function sketchOf(texts: readonly string[]): Sketch {
  const hashes = new Set<number>();
  for (const text of texts) {
    for (const [word] of text.slice(0, sketchedCharacters).matchAll(/[\p{L}\p{N}_]+/gu)) hashes.add(wordHash(word));
  }
  return [...hashes].sort((left, right) => left - right).slice(0, sketchSize);
}

/** FNV-1a, 32 bits, stirred so that the smallest hashes are no particular words. */
function wordHash(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Estimated share of words in common, 0 to 1 (Jaccard, from the smallest hashes of the union). */
export function likeness(a: Sketch, b: Sketch): number {
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 1 : 0;
  let common = 0;
  let seen = 0;
  let atA = 0;
  let atB = 0;
  const limit = a.length < sketchSize && b.length < sketchSize ? Number.POSITIVE_INFINITY : sketchSize;
  while (seen < limit && (atA < a.length || atB < b.length)) {
    const left = a[atA] ?? Number.POSITIVE_INFINITY;
    const right = b[atB] ?? Number.POSITIVE_INFINITY;
    if (left === right) common += 1;
    if (left <= right) atA += 1;
    if (right <= left) atB += 1;
    seen += 1;
  }
  return common / seen;
}
