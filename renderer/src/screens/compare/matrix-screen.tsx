import { GitCompareArrows } from 'lucide-react';
import { useMemo, useState } from 'react';
import { compareLocation } from '../../../../shared/location.ts';
import type { Matrix, Spread } from '../../../../shared/model/comparison.ts';
import { useCommands } from '../../app/commands.ts';
import { messageOf } from '../../app/error-message.ts';
import { navigate } from '../../app/location-store.ts';
import { formatCount, formatDuration, formatMoney, formatQuantity, formatTokens } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Delayed } from '../../ui/delayed.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useFollowRuns, useIgnoreChoice, useMatrix } from './compare-queries.ts';
import { MatrixGrid } from './matrix-grid.tsx';
import { differingRow, isDifferingRow } from './matrix-model.ts';
import styles from './matrix-screen.module.css';

export interface MatrixScreenProps {
  readonly runIds: readonly string[];
  readonly onChoose: () => void;
}

/** More than two runs: a row an aligned step, a column a run. */
export function MatrixScreen({ runIds, onChoose }: MatrixScreenProps) {
  const [ignore] = useIgnoreChoice();
  useFollowRuns(runIds);
  const { data, error, refetch } = useMatrix(runIds, ignore);
  if (data !== undefined) return <OpenMatrix key={JSON.stringify(runIds)} matrix={data} onChoose={onChoose} />;
  if (error !== null) return <EmptyState tone="error" title="The runs could not be compared" action={<Button onClick={() => void refetch()}>Try again</Button>}>{messageOf(error)}</EmptyState>;
  return <Delayed><EmptyState title={`Comparing ${formatQuantity(runIds.length, 'run')}…`} /></Delayed>;
}

function OpenMatrix({ matrix, onChoose }: { readonly matrix: Matrix; readonly onChoose: () => void }) {
  const { runs } = matrix;
  const [changedOnly, setChangedOnly] = useState(false);
  const rows = useMemo(() => (changedOnly ? matrix.rows.filter(isDifferingRow) : matrix.rows), [matrix.rows, changedOnly]);
  const [cursor, setCursor] = useState(() => ({ row: Math.max(0, matrix.rows.findIndex(isDifferingRow)), column: 1 }));
  const at = { row: Math.min(cursor.row, Math.max(0, rows.length - 1)), column: Math.min(cursor.column, runs.length - 1) };
  const move = (by: number) => setCursor({ ...at, row: Math.max(0, Math.min(rows.length - 1, at.row + by)) });
  const moveToChange = (direction: 1 | -1) => {
    const next = differingRow(rows, at.row, direction);
    if (next !== undefined) setCursor({ ...at, row: next });
  };
  const open = (row: number, column: number) => {
    const first = runs[0];
    const run = runs[column];
    const cells = rows[row]?.cells;
    const cell = cells?.[column];
    if (first === undefined || run === undefined) return;
    if (column === 0) {
      if (cell !== null && cell !== undefined) navigate({ screen: 'run', runId: run.id, step: cell.index, lens: 'timeline', tab: 'messages' });
      return;
    }
    const pair = `${cells?.[0]?.index ?? ''}~${cell?.index ?? ''}`;
    navigate(pair === '~' ? compareLocation([first.id, run.id]) : { ...compareLocation([first.id, run.id]), pair });
  };
  const only = (runIds: readonly string[]) => navigate(compareLocation(runIds));
  useCommands([
    { id: 'compare.next', run: () => move(1) },
    { id: 'compare.previous', run: () => move(-1) },
    { id: 'compare.next-change', run: () => moveToChange(1) },
    { id: 'compare.previous-change', run: () => moveToChange(-1) },
    { id: 'compare.open', run: () => open(at.row, at.column) },
    { id: 'compare.changed-only', run: () => setChangedOnly(!changedOnly) },
    { id: 'compare.choose', run: onChoose },
  ]);
  const differing = useMemo(() => matrix.rows.filter(isDifferingRow).length, [matrix.rows]);
  return (
    <>
      <header className={styles.header}>
        <div className={styles.identity}>
          <h1 className={styles.title}>{formatQuantity(runs.length, 'run')} compared</h1>
          <p className={styles.hint}>{formatQuantity(matrix.rows.length, 'aligned step')} · {formatCount(differing)} not the same in all runs</p>
        </div>
        <Statistics matrix={matrix} />
        <Button keys="o" aria-pressed={changedOnly} look={changedOnly ? 'primary' : 'default'} onClick={() => setChangedOnly(!changedOnly)}>Changed only</Button>
        <Button icon={<GitCompareArrows />} keys="x" onClick={onChoose}>Choose runs</Button>
      </header>
      {matrix.notices.length > 0 && <ul className={styles.notices}>{matrix.notices.map((notice) => <li key={notice}>{notice}</li>)}</ul>}
      {rows.length === 0
        ? <EmptyState title={changedOnly ? 'Nothing changed' : 'None of these runs has steps'} {...(changedOnly ? { action: <Button keys="o" onClick={() => setChangedOnly(false)}>Show all steps</Button> } : {})}>{changedOnly ? 'Every step is the same in all runs, rules applied.' : 'No span of them has arrived yet.'}</EmptyState>
        : (
          <MatrixGrid
            runs={runs} rows={rows} cursor={at} onCursor={setCursor} onOpen={open}
            onFirst={(runId) => only([runId, ...runs.map((run) => run.id).filter((id) => id !== runId)])}
            onRemove={(runId) => only(runs.map((run) => run.id).filter((id) => id !== runId))}
          />
        )}
    </>
  );
}

function Statistics({ matrix }: { readonly matrix: Matrix }) {
  const { statistics } = matrix;
  const known = statistics.succeeded + statistics.failed;
  return (
    <dl className={styles.statistics}>
      <div className={styles.statistic}>
        <dt>{statistics.unknown === 0 ? 'succeeded' : `succeeded · ${statistics.unknown} unknown`}</dt>
        <dd>{known === 0 ? '—' : `${statistics.succeeded} of ${statistics.runs}`}</dd>
      </div>
      <SpreadFigure name="cost" spread={statistics.costUsd} format={formatMoney} of={statistics.runs} />
      <SpreadFigure name="time" spread={statistics.durationMs} format={formatDuration} of={statistics.runs} />
      <SpreadFigure name="steps" spread={statistics.steps} format={formatCount} of={statistics.runs} />
      <SpreadFigure name="tokens in" spread={statistics.input} format={formatTokens} of={statistics.runs} />
    </dl>
  );
}

interface SpreadFigureProps {
  readonly name: string;
  readonly spread: Spread | undefined;
  readonly format: (value: number) => string;
  /** Runs in all: when fewer have the figure, that is said. */
  readonly of: number;
}

/** The median, and from where to where. */
function SpreadFigure({ name, spread, format, of: total }: SpreadFigureProps) {
  if (spread === undefined) return <div className={styles.statistic}><dt>{name}</dt><dd>—</dd></div>;
  const range = spread.min === spread.max ? 'the same in all' : `${format(spread.min)} to ${format(spread.max)}`;
  return (
    <div className={styles.statistic} title={`${name}: mean ${format(spread.mean)}, standard deviation ${format(spread.standardDeviation)}`}>
      <dt>median {name} · {range}{spread.known < total ? ` · ${spread.known} of ${total} known` : ''}</dt>
      <dd>{format(spread.median)}</dd>
    </div>
  );
}
