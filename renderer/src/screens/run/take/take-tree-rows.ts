import type { TakeNode, TakeTree } from '../../../../../shared/model/take-tree.ts';

/** A run of the family where the tree shows it. */
export interface TakeRow {
  readonly take: TakeNode;
  /** From 1 for the run that was recorded. */
  readonly level: number;
  /** Undefined: no take was made of it. */
  readonly expanded: boolean | undefined;
  /** Place among the takes of the same parent, from 1, and how many they are. */
  readonly place: number;
  readonly siblings: number;
}

/** Takes under the run that they were made from, oldest first; those whose parent is not here stand at the top. */
export function takeRows({ takes }: TakeTree, collapsed: ReadonlySet<string> = new Set()): readonly TakeRow[] {
  const ids = new Set(takes.map(({ runId }) => runId));
  const children = new Map<string, TakeNode[]>();
  const roots: TakeNode[] = [];
  for (const take of takes) {
    const parent = take.parentKnown ? take.parentRunId : undefined;
    if (parent === undefined || !ids.has(parent)) roots.push(take);
    else children.set(parent, [...(children.get(parent) ?? []), take]);
  }
  const rows: TakeRow[] = [];
  const placed = new Set<string>();
  const place = (list: readonly TakeNode[], level: number): void => {
    for (const [at, take] of list.entries()) {
      if (placed.has(take.runId)) continue;
      placed.add(take.runId);
      const below = children.get(take.runId);
      const expanded = below === undefined ? undefined : !collapsed.has(take.runId);
      rows.push({ take, level, expanded, place: at + 1, siblings: list.length });
      if (below !== undefined && expanded === true) place(below, level + 1);
    }
  };
  place(roots, 1);
  // A circle of parents, which no honest library holds, has no root.
  if (roots.length === 0) place(takes, 1);
  return rows;
}

/** The runs that a take was made from, the recorded one first, the take itself last; empty for one that is not in the tree. */
export function pathTo({ takes }: TakeTree, runId: string): readonly TakeNode[] {
  const byId = new Map(takes.map((take) => [take.runId, take]));
  const path: TakeNode[] = [];
  for (let take = byId.get(runId); take !== undefined && !path.includes(take);) {
    path.unshift(take);
    take = take.parentRunId === undefined ? undefined : byId.get(take.parentRunId);
  }
  return path;
}

/** `from step 5`, `replays all of it`; undefined for a recorded run. */
export function forkWords({ forkStep, parentRunId }: TakeNode, { takes }: TakeTree): string | undefined {
  if (parentRunId === undefined) return undefined;
  if (forkStep === undefined) return 'from an unknown step';
  const parent = takes.find(({ runId }) => runId === parentRunId);
  return parent !== undefined && forkStep >= parent.steps ? 'after its last step' : `from step ${forkStep}`;
}

/** All that it changes, in words. */
export function changeText({ changes, parentRunId }: TakeNode): string {
  if (parentRunId === undefined) return 'as it was recorded';
  return changes.length === 0 ? 'nothing changed' : changes.join(' · ');
}
