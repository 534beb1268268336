import { ChevronDown, ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { assertNever } from '../../../../../shared/model/assert-never.ts';
import type { TakeTree } from '../../../../../shared/model/take-tree.ts';
import type { LiveTake } from '../../../../../shared/model/take.ts';
import { classNames } from '../../../lib/class-names.ts';
import { formatDateTime, formatDuration, formatMoneyAtLeast } from '../../../lib/format.ts';
import { StatusMark } from '../../../ui/status-mark.tsx';
import { rowAPageAway, treeMoveOf } from '../../../ui/tree-moves.ts';
import { useVirtualRows } from '../../../ui/virtual-list.ts';
import { takeOutcome } from './take-outcome.ts';
import { changeText, forkWords, takeRows } from './take-tree-rows.ts';
import type { TakeRow } from './take-tree-rows.ts';
import styles from './take-tree-panel.module.css';

const rowHeight = 28;
const indentPx = 16;
const deepestIndent = 8;

/** What the reader has folded, by the oldest run of the family: it stays while one goes from take to take. */
const folded = new Map<string, ReadonlySet<string>>();

export interface TakeTreePanelProps {
  readonly tree: TakeTree;
  /** The run that is open. */
  readonly current: string;
  /** Takes that run or ran in this backend, by their run. */
  readonly live: ReadonlyMap<string, LiveTake>;
  readonly wantsFocus: boolean;
  readonly onOpen: (runId: string) => void;
  readonly onClose: () => void;
}

/** The whole family as a tree: arrows walk it, Enter opens. Of a hundred takes only those in view exist. */
export function TakeTreePanel({ tree, current, live, wantsFocus, onOpen, onClose }: TakeTreePanelProps) {
  const scrollRef = useRef<HTMLDivElement>(null);
  const root = tree.takes[0]?.runId ?? '';
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(() => folded.get(root) ?? new Set());
  useEffect(() => {
    folded.set(root, collapsed);
  }, [root, collapsed]);
  /** Where the keys are; the open run until they move. */
  const [cursor, setCursor] = useState<{ readonly of: string; readonly runId: string }>();
  const rows = useMemo(() => takeRows(tree, collapsed), [tree, collapsed]);
  const wanted = cursor?.of === current ? cursor.runId : current;
  const found = rows.findIndex(({ take }) => take.runId === wanted);
  const at = found >= 0 ? found : rows.findIndex(({ take }) => take.runId === current);
  const list = useVirtualRows({ count: rows.length, scrollRef, rowHeight, keepInView: at });
  useEffect(() => {
    if (wantsFocus) scrollRef.current?.focus();
  }, [wantsFocus]);

  const moveTo = (row: TakeRow | undefined) => {
    if (row !== undefined) setCursor({ of: current, runId: row.take.runId });
  };
  const setOpen = ({ take }: TakeRow, isOpen: boolean) =>
    setCollapsed((ids) => new Set(isOpen ? [...ids].filter((id) => id !== take.runId) : [...ids, take.runId]));
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const row = rows[at];
    const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (event.key === 'Enter' && !modified && row !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      onOpen(row.take.runId);
      return;
    }
    if (event.key === 'Escape') {
      event.preventDefault();
      onClose();
      return;
    }
    const move = treeMoveOf(event);
    if (move === undefined) return;
    event.preventDefault();
    switch (move) {
      case 'next':
        return moveTo(rows[at + 1]);
      case 'previous':
        return moveTo(rows[at - 1]);
      case 'first':
        return moveTo(rows[0]);
      case 'last':
        return moveTo(rows.at(-1));
      case 'page-down':
      case 'page-up': {
        const shown = Math.max(1, Math.floor(event.currentTarget.clientHeight / rowHeight) - 1);
        return moveTo(rowAPageAway(rows, at, move, shown, () => true));
      }
      case 'expand':
        if (row?.expanded === false) return setOpen(row, true);
        return row?.expanded === true ? moveTo(rows[at + 1]) : undefined;
      case 'collapse':
        if (row?.expanded === true) return setOpen(row, false);
        return moveTo(rows.find(({ take }) => take.runId === row?.take.parentRunId));
      default:
        return assertNever(move);
    }
  };

  const active = rows[at];
  return (
    <div
      ref={scrollRef}
      role="tree"
      aria-label="All takes"
      aria-activedescendant={active === undefined ? undefined : rowId(active)}
      tabIndex={0}
      className={styles.tree}
      onKeyDown={onKeyDown}
    >
      <div role="none" className={styles.sizer} style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <TakeRowView
              key={row.take.runId}
              row={row}
              tree={tree}
              top={item.start}
              isCurrent={row.take.runId === current}
              isActive={item.index === at}
              live={live.get(row.take.runId)}
              onOpen={() => onOpen(row.take.runId)}
              onToggle={() => setOpen(row, row.expanded !== true)}
            />
          );
        })}
      </div>
    </div>
  );
}

function rowId({ take }: TakeRow): string {
  return `take-row-${take.runId}`;
}

function TakeRowView({
  row,
  tree,
  top,
  isCurrent,
  isActive,
  live,
  onOpen,
  onToggle,
}: {
  readonly row: TakeRow;
  readonly tree: TakeTree;
  readonly top: number;
  readonly isCurrent: boolean;
  readonly isActive: boolean;
  readonly live: LiveTake | undefined;
  readonly onOpen: () => void;
  readonly onToggle: () => void;
}) {
  const { take, level, expanded, place, siblings } = row;
  const { word, tone, status } = takeOutcome(take, live);
  const fork = forkWords(take, tree);
  const change = changeText(take);
  const Twisty = expanded === true ? ChevronDown : ChevronRight;
  return (
    <div
      id={rowId(row)}
      role="treeitem"
      aria-level={level}
      aria-expanded={expanded}
      aria-selected={isCurrent}
      aria-posinset={place}
      aria-setsize={siblings}
      aria-current={isCurrent ? 'page' : undefined}
      data-take={take.runId}
      className={classNames(styles.row, isCurrent && styles.current, isActive && styles.active)}
      style={{ height: rowHeight, transform: `translateY(${top}px)` }}
      onClick={onOpen}
    >
      <span className={styles.name} style={{ paddingLeft: Math.min(level - 1, deepestIndent) * indentPx }}>
        {expanded === undefined ? (
          <span className={styles.twisty} />
        ) : (
          <span
            className={styles.twisty}
            aria-hidden
            onClick={(event) => {
              event.stopPropagation();
              onToggle();
            }}
          >
            <Twisty />
          </span>
        )}
        <span className={styles.mark} aria-hidden>
          <StatusMark status={status} />
        </span>
        <span className={styles.number}>Take {take.number}</span>
        {fork !== undefined && <span className={styles.fork}>{fork}</span>}
      </span>
      <span className={classNames(styles.change, take.changes.length === 0 && styles.quiet)} title={change}>
        {change}
      </span>
      <span className={classNames(styles.outcome, styles[tone])}>{word}</span>
      <span className={styles.answer} title={take.answer}>
        {take.answer}
      </span>
      <span className={styles.figure}>{formatMoneyAtLeast(take.costUsd, take.unpricedCalls)}</span>
      <span className={classNames(styles.figure, styles.time)} title={formatDateTime(take.startedAt)}>
        {take.outcome === 'running' ? '' : formatDuration(take.durationMs)}
      </span>
    </div>
  );
}
