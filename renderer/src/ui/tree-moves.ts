/** What a key asks of the selection of a tree (ARIA Authoring Practices, treegrid pattern). The owner of the rows knows where it leads. */
export type TreeMove = 'next' | 'previous' | 'first' | 'last' | 'page-down' | 'page-up' | 'expand' | 'collapse';

const moveOfKey: ReadonlyMap<string, TreeMove> = new Map([
  ['ArrowDown', 'next'],
  ['ArrowUp', 'previous'],
  ['Home', 'first'],
  ['End', 'last'],
  ['PageDown', 'page-down'],
  ['PageUp', 'page-up'],
  ['ArrowRight', 'expand'],
  ['ArrowLeft', 'collapse'],
]);

export interface PressedKey {
  readonly key: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

/** Keys with a modifier are the window's: Alt+← goes back. */
export function treeMoveOf({ key, altKey, ctrlKey, metaKey, shiftKey }: PressedKey): TreeMove | undefined {
  return altKey || ctrlKey || metaKey || shiftKey ? undefined : moveOfKey.get(key);
}

/**
 * The row a page away from `from` that can be selected, or the nearest before it; undefined when there is none between.
 * Without a selection (-1) it starts outside of the rows.
 */
export function rowAPageAway<Row>(
  rows: readonly Row[],
  from: number,
  move: 'page-down' | 'page-up',
  pageRows: number,
  canSelect: (row: Row) => boolean,
): Row | undefined {
  const direction = move === 'page-down' ? 1 : -1;
  const start = from >= 0 || direction > 0 ? from : rows.length;
  const last = Math.max(0, Math.min(rows.length - 1, start + direction * pageRows));
  for (let at = last; at !== start && at >= 0 && at < rows.length; at -= direction) {
    const row = rows[at];
    if (row !== undefined && canSelect(row)) return row;
  }
  return undefined;
}
