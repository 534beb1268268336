import { useCallback, useRef, useState } from 'react';
import type { RunSummary } from '../../../../shared/contract.ts';
import { holdOrder } from './hold-order.ts';
import type { HeldList } from './hold-order.ts';

/** What was brought back by hand is shown at once, whoever points at the list. */
const expected = new Set<string>();

export function expectRuns(runIds: readonly string[]): void {
  for (const id of runIds) expected.add(id);
}

/** The list, in its places while `isHeld`; `showAll` lets it be as it is now. Another list (`name`) begins anew. */
export function useHeldRuns(
  latest: readonly RunSummary[],
  name: string,
  isHeld: boolean,
): HeldList & { readonly showAll: () => void } {
  const shown = useRef<{ readonly name: string; readonly turn: number; readonly runs: readonly RunSummary[] }>({
    name,
    turn: 0,
    runs: [],
  });
  const [turn, setTurn] = useState(0);
  const last = shown.current;
  const isExpected = expected.size > 0 && latest.some(({ id }) => expected.has(id));
  if (isExpected) for (const { id } of latest) expected.delete(id);
  const isKept = isHeld && !isExpected && last.name === name && last.turn === turn;
  const held = isKept ? holdOrder(last.runs, latest) : { runs: latest, fresh: 0, isMoved: false };
  if (last.name !== name || last.turn !== turn || !isSame(held.runs, last.runs))
    shown.current = { name, turn, runs: held.runs };
  return { ...held, runs: shown.current.runs, showAll: useCallback(() => setTurn((now) => now + 1), []) };
}

function isSame(left: readonly RunSummary[], right: readonly RunSummary[]): boolean {
  return left.length === right.length && left.every((run, at) => run === right[at]);
}
