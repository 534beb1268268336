import type { StepPair } from '../../../shared/model/comparison.ts';
import type { ComparableStep } from './comparable-step.ts';
import { isSettingOnly } from './pair-states.ts';

/** A pair of the alignment with its steps at hand. */
export interface JudgedPair extends Omit<StepPair, 'cause' | 'edits'> {
  readonly stepA: ComparableStep | undefined;
  readonly stepB: ComparableStep | undefined;
  /** A wrapper, or what only one run has around steps that both have: how a client groups steps, not what happened. */
  readonly frame: boolean;
  /** What takes changed here, as a clause with marks of the runs (run-words.ts). */
  readonly edits?: string | undefined;
  /** The answer was written by hand. */
  readonly byHand?: boolean;
  /** Of a tool whose result stands there as it was edited: position of the pair where that was done. */
  readonly editedAt?: number | undefined;
}

/**
 * For each pair that differs the pair it only follows from: a tool called with other arguments follows from the answer that asked
 * for it, an answer to another context from what changed the context, what an agent gives back from the steps inside it.
 * undefined: it differs by itself, or not at all.
 */
export function findCauses(pairs: readonly JudgedPair[]): readonly (number | undefined)[] {
  const finder = new CauseFinder(pairs);
  return finder.all();
}

/** Steps of any kind that hold others: what they gave back came from inside. */
function isContainer(step: ComparableStep | undefined): boolean {
  return step !== undefined && step.kind !== 'llm' && step.kind !== 'tool';
}

export function isDivergent(pair: JudgedPair): boolean {
  if (pair.stepA?.hidden === true || pair.stepB?.hidden === true || pair.frame) return false;
  return pair.state !== 'same' && pair.state !== 'retry' && !isSettingOnly(pair.differs);
}

class CauseFinder {
  private readonly pairs: readonly JudgedPair[];
  private readonly pairOfA = new Map<number, number>();
  private readonly pairOfB = new Map<number, number>();
  private readonly causes: (number | undefined)[];

  constructor(pairs: readonly JudgedPair[]) {
    this.pairs = pairs;
    this.causes = pairs.map(() => undefined);
    for (const [at, pair] of pairs.entries()) {
      if (pair.a !== undefined) this.pairOfA.set(pair.a, at);
      if (pair.b !== undefined) this.pairOfB.set(pair.b, at);
    }
  }

  all(): readonly (number | undefined)[] {
    /** The last pair that differs by itself, whoever's it is. */
    let root: number | undefined;
    for (const [at, pair] of this.pairs.entries()) {
      if (pair.editedAt !== undefined) {
        if (isDivergent(pair)) this.causes[at] = pair.editedAt;
        continue;
      }
      if (pair.edits !== undefined) root = at;
      if (!isDivergent(pair)) continue;
      if (isContainer(pair.stepA ?? pair.stepB) && pair.state === 'changed') continue;
      const cause = pair.edits === undefined || root !== at ? this.causeOf(at, pair, root) : undefined;
      this.causes[at] = cause;
      if (cause === undefined) root = at;
    }
    this.containersFollow();
    return this.causes;
  }

  private causeOf(at: number, pair: JudgedPair, root: number | undefined): number | undefined {
    const above = this.first(
      this.pairsOf(pair, 'parent'),
      (other) =>
        isDivergent(other) && (other.state === 'added' || other.state === 'removed') && other.state === pair.state,
    );
    if (above !== undefined && above < at) return this.rootOf(above);
    const kind = (pair.stepA ?? pair.stepB)?.kind;
    if (kind === 'llm') return this.causeOfCall(pair, root);
    if (pair.state === 'changed' && !pair.differs.includes('arguments')) return this.causeOfResult(pair, at);
    const asked = this.first(
      this.pairsOf(pair, 'requestedBy'),
      (other) => isDivergent(other) && this.asksDifferently(other),
    );
    if (asked !== undefined && asked < at) return this.rootOf(asked);
    if (this.hasRequest(pair)) return undefined;
    // Nobody is known to have asked: the last answer before it that differs.
    const before = this.lastDivergentCall(at);
    return before === undefined ? undefined : this.rootOf(before);
  }

  /** An answer to another context follows from what changed that context; to the same context it is the model's own. */
  private causeOfCall(pair: JudgedPair, root: number | undefined): number | undefined {
    if (root === undefined) return undefined;
    if (pair.state === 'added' || pair.state === 'removed' || pair.state === 'moved') return root;
    const a = pair.stepA?.content.context?.normal;
    const b = pair.stepB?.content.context?.normal;
    return a !== undefined && a === b ? undefined : root;
  }

  /** The same call with another result: the outside world, unless the call stands below something that was asked differently. */
  private causeOfResult(pair: JudgedPair, at: number): number | undefined {
    const asked = this.first(
      this.pairsOf(pair, 'requestedBy'),
      (other) => isDivergent(other) && (other.state === 'added' || other.state === 'removed'),
    );
    return asked !== undefined && asked < at ? this.rootOf(asked) : undefined;
  }

  private asksDifferently(pair: JudgedPair): boolean {
    return pair.state !== 'changed' || pair.differs.includes('output');
  }

  /** The divergent llm pair before `at`, unless an equal one lies between. */
  private lastDivergentCall(at: number): number | undefined {
    const agent = agentOf(this.pairs[at]);
    for (let before = at - 1; before >= 0; before--) {
      const pair = this.pairs[before];
      if (
        !pair ||
        (pair.stepA ?? pair.stepB)?.kind !== 'llm' ||
        (pair.stepA ?? pair.stepB)?.hidden === true ||
        agentOf(pair) !== agent
      )
        continue;
      return isDivergent(pair) && this.asksDifferently(pair) ? before : undefined;
    }
    return undefined;
  }

  private containersFollow(): void {
    // From the inside out: children come after their parents.
    for (let at = this.pairs.length - 1; at >= 0; at--) {
      const pair = this.pairs[at];
      if (!pair || pair.state !== 'changed' || !isDivergent(pair) || !isContainer(pair.stepA ?? pair.stepB)) continue;
      const inside = this.firstInside(at);
      if (inside !== undefined) this.causes[at] = this.rootOf(inside);
    }
  }

  private firstInside(container: number): number | undefined {
    const pair = this.pairs[container];
    for (let at = container + 1; at < this.pairs.length; at++) {
      const inner = this.pairs[at];
      if (!inner || !pair || !this.isInside(inner, pair)) {
        if (inner && pair && !this.mayBeInside(inner, pair)) return undefined;
        continue;
      }
      if (isDivergent(inner)) return at;
    }
    return undefined;
  }

  private isInside(inner: JudgedPair, container: JudgedPair): boolean {
    return (
      this.hasAncestor(inner.stepA, container.a, this.pairOfA, 'stepA') ||
      this.hasAncestor(inner.stepB, container.b, this.pairOfB, 'stepB')
    );
  }

  /** Pre-order: the first step at the container's level or above ends its subtree; a one-sided pair says nothing of the other side. */
  private mayBeInside(inner: JudgedPair, container: JudgedPair): boolean {
    return (
      inner.a === undefined ||
      inner.b === undefined ||
      inner.state === 'moved' ||
      container.a === undefined ||
      container.b === undefined
    );
  }

  private hasAncestor(
    step: ComparableStep | undefined,
    ancestor: number | undefined,
    pairOf: ReadonlyMap<number, number>,
    side: 'stepA' | 'stepB',
  ): boolean {
    if (ancestor === undefined) return false;
    let parent = step?.parent;
    for (let depth = 0; parent !== undefined && depth < maximumDepth; depth++) {
      if (parent === ancestor) return true;
      if (parent < ancestor) return false;
      const at = pairOf.get(parent);
      parent = at === undefined ? undefined : this.pairs[at]?.[side]?.parent;
    }
    return false;
  }

  private pairsOf(pair: JudgedPair, link: 'parent' | 'requestedBy'): readonly number[] {
    const a = pair.stepA?.[link];
    const b = pair.stepB?.[link];
    return [
      a === undefined ? undefined : this.pairOfA.get(a),
      b === undefined ? undefined : this.pairOfB.get(b),
    ].filter((at) => at !== undefined);
  }

  private hasRequest(pair: JudgedPair): boolean {
    return pair.stepA?.requestedBy !== undefined || pair.stepB?.requestedBy !== undefined;
  }

  private first(candidates: readonly number[], fits: (pair: JudgedPair) => boolean): number | undefined {
    return candidates
      .toSorted((one, two) => one - two)
      .find((at) => {
        const pair = this.pairs[at];
        return pair !== undefined && fits(pair);
      });
  }

  private rootOf(at: number): number {
    return this.causes[at] ?? at;
  }
}

const maximumDepth = 10_000;

function agentOf(pair: JudgedPair | undefined): string | undefined {
  return (pair?.stepA ?? pair?.stepB)?.agent;
}
