import { GitCompareArrows } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { LocationOf } from '../../../../shared/location.ts';
import { compareLocation, runLocation } from '../../../../shared/location.ts';
import type { IgnoreChoice, Matrix, Spread } from '../../../../shared/model/comparison.ts';
import { messageOf } from '../../lib/error-message.ts';
import { formatCount, formatDuration, formatMoney, formatQuantity, formatTokens } from '../../lib/format.ts';
import { showToast } from '../../lib/toasts.ts';
import { useCommands } from '../../session/commands.ts';
import { copyLink } from '../../session/copy-link.ts';
import { navigate } from '../../session/location-store.ts';
import { useStrollingLocation } from '../../session/use-strolling-location.ts';
import type { StrollingLocation } from '../../session/use-strolling-location.ts';
import { Button } from '../../ui/button.tsx';
import { Strip } from '../../ui/callout.tsx';
import { Delayed } from '../../ui/delayed.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useFollowRuns, useIgnoreChoice, useMatrix } from './compare-queries.ts';
import type { MatrixPins } from './compare-queries.ts';
import { MatrixGrid } from './matrix-grid.tsx';
import type { Cursor } from './matrix-grid.tsx';
import { cellName, differingRow, findCell, isDifferingRow } from './matrix-model.ts';
import type { MatrixRow } from './matrix-model.ts';
import { pinTogether } from './pins.ts';
import { RulesMenu } from './rules-menu.tsx';
import styles from './matrix-screen.module.css';

export interface MatrixScreenProps {
  readonly location: LocationOf<'compare'>;
  readonly onChoose: () => void;
}

/** More than two runs: a row an aligned step, a column a run. */
export function MatrixScreen({ location, onChoose }: MatrixScreenProps) {
  const strolling = useStrollingLocation(location);
  const [ignore, setIgnore] = useIgnoreChoice();
  const runIds = useMemo(() => [...new Set(location.runIds)], [location.runIds]);
  const pins = useMemo(
    () => strolling.place.pins.flatMap((pin) => (pin.length === 3 ? [pin] : [])),
    [strolling.place.pins],
  );
  useFollowRuns(runIds);
  const { data, error, refetch, isPlaceholderData } = useMatrix(runIds, ignore, pins);
  if (data !== undefined)
    return (
      <OpenMatrix
        key={JSON.stringify(runIds)}
        matrix={data}
        strolling={strolling}
        pins={pins}
        ignore={ignore}
        onIgnore={setIgnore}
        isStale={isPlaceholderData}
        failure={error}
        onChoose={onChoose}
      />
    );
  if (error !== null)
    return (
      <EmptyState
        tone="error"
        title="The runs could not be compared"
        action={<Button onClick={() => void refetch()}>Try again</Button>}
      >
        {messageOf(error)}
      </EmptyState>
    );
  return (
    <Delayed>
      <EmptyState title={`Comparing ${formatQuantity(runIds.length, 'run')}…`}>
        Steps of runs that were not read before are read now: the longer their contexts, the longer it takes.
      </EmptyState>
    </Delayed>
  );
}

interface OpenMatrixProps {
  readonly matrix: Matrix;
  readonly strolling: StrollingLocation<LocationOf<'compare'>>;
  readonly pins: MatrixPins;
  readonly ignore: IgnoreChoice;
  readonly onIgnore: (choice: IgnoreChoice) => void;
  /** Rules or pins have changed and the new matrix is under way. */
  readonly isStale: boolean;
  readonly failure: Error | null;
  readonly onChoose: () => void;
}

function OpenMatrix({ matrix, strolling, pins, ignore, onIgnore, isStale, failure, onChoose }: OpenMatrixProps) {
  const { runs } = matrix;
  const { place, go } = strolling;
  const [rulesOpen, setRulesOpen] = useState(false);
  const [pinFrom, setPinFrom] = useState<MatrixRow>();
  const changedOnly = place.show === 'changed';
  const rows = useMemo(
    () => (changedOnly ? matrix.rows.filter(isDifferingRow) : matrix.rows),
    [matrix.rows, changedOnly],
  );
  const linked = useMemo(() => (place.pair === undefined ? undefined : findCell(rows, place.pair)), [rows, place.pair]);
  const cursor = linked ?? { row: Math.max(0, rows.findIndex(isDifferingRow)), column: 1 };
  const at = {
    row: Math.min(cursor.row, Math.max(0, rows.length - 1)),
    column: Math.min(cursor.column, runs.length - 1),
  };
  const current = rows[at.row];
  const setCursor = (next: Cursor) => {
    const row = rows[next.row];
    const name = row && (cellName(row, next.column) ?? nearestName(row, next.column));
    if (name !== undefined) go({ pair: name }, 'stroll');
  };
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
      if (cell !== null && cell !== undefined) navigate(runLocation(run.id, { step: cell.index }));
      return;
    }
    const pair = `${cells?.[0]?.index ?? ''}~${cell?.index ?? ''}`;
    const beside = {
      ...compareLocation([first.id, run.id]),
      pins: pins.flatMap(([a, b, of]): [number, number][] => (of === column ? [[a, b]] : [])),
    };
    navigate(pair === '~' ? beside : { ...beside, pair });
  };
  const only = (runIds: readonly string[]) => navigate(compareLocation(runIds));
  const pin = () => {
    if (current === undefined || at.column === 0) return;
    const ends = endsOf(current, at.column);
    if (pins.some((one) => isPinOf(one, ends, at.column)))
      go({ pins: pins.filter((one) => !isPinOf(one, ends, at.column)).map(plainPin) }, 'jump');
    else if (pinFrom === undefined) setPinFrom(current);
    else {
      const held = pinTogether(endsOf(pinFrom, at.column), ends);
      setPinFrom(undefined);
      if (held === undefined)
        showToast({
          title: 'Nothing was pinned',
          text: `Pinning needs a step of the first run and one of run ${at.column + 1}.`,
        });
      else
        go(
          {
            pins: [
              ...pins
                .filter(([a, b, column]) => column !== at.column || (a !== held[0] && b !== held[1]))
                .map(plainPin),
              [held[0], held[1], at.column],
            ],
            pair: `${held[0]}~${held[1]}~${at.column}`,
          },
          'jump',
        );
    }
  };
  useCommands([
    { id: 'compare.next', run: () => move(1) },
    { id: 'compare.previous', run: () => move(-1) },
    { id: 'compare.next-change', run: () => moveToChange(1) },
    { id: 'compare.previous-change', run: () => moveToChange(-1) },
    { id: 'compare.open', run: () => open(at.row, at.column) },
    { id: 'compare.changed-only', run: () => go({ show: changedOnly ? 'all' : 'changed' }, 'stroll') },
    { id: 'compare.rules', run: () => setRulesOpen(true) },
    { id: 'compare.pin', run: pin },
    { id: 'compare.cancel', run: () => setPinFrom(undefined), when: () => pinFrom !== undefined },
    {
      id: 'compare.copy-link',
      run: () =>
        void copyLink(current === undefined ? place : { ...place, pair: cellName(current, at.column) ?? place.pair }),
    },
    { id: 'compare.choose', run: onChoose },
  ]);
  const differing = useMemo(() => matrix.rows.filter(isDifferingRow).length, [matrix.rows]);
  return (
    <>
      <header className={styles.header}>
        <div className={styles.identity}>
          <h1 className={styles.title}>{formatQuantity(runs.length, 'run')} compared</h1>
          <p className={styles.hint} role="status">
            {isStale ? (
              <Delayed>comparing anew…</Delayed>
            ) : (
              `${formatQuantity(matrix.rows.length, 'aligned step')} · ${formatCount(differing)} not the same in all runs`
            )}
          </p>
        </div>
        <Statistics matrix={matrix} />
        <div className={styles.actions}>
          <Button
            size="small"
            keys="o"
            aria-pressed={changedOnly}
            look={changedOnly ? 'primary' : 'default'}
            onClick={() => go({ show: changedOnly ? 'all' : 'changed' }, 'stroll')}
          >
            Changed only
          </Button>
          <RulesMenu
            rules={matrix.rules}
            choice={ignore}
            onChoice={onIgnore}
            open={rulesOpen}
            onOpenChange={setRulesOpen}
          />
          <Button size="small" icon={<GitCompareArrows />} keys="x" onClick={onChoose}>
            Choose runs
          </Button>
        </div>
      </header>
      {pinFrom !== undefined && (
        <Strip tone="accent" size="small" role="status">
          Go to the step that belongs to it, in the same column, and press =.{' '}
          <Button size="small" look="ghost" keys="Escape" onClick={() => setPinFrom(undefined)}>
            Cancel
          </Button>
        </Strip>
      )}
      {failure !== null && (
        <Strip tone="accent" size="small" role="alert">
          The comparison could not be renewed, the last one is shown: {messageOf(failure)}
        </Strip>
      )}
      {matrix.notices.length > 0 && (
        <ul className={styles.notices}>
          {matrix.notices.map((notice) => (
            <li key={notice}>{notice}</li>
          ))}
        </ul>
      )}
      {rows.length === 0 ? (
        <EmptyState
          title={changedOnly ? 'Nothing changed' : 'None of these runs has steps'}
          {...(changedOnly
            ? {
                action: (
                  <Button keys="o" onClick={() => go({ show: 'all' }, 'stroll')}>
                    Show all steps
                  </Button>
                ),
              }
            : {})}
        >
          {changedOnly ? 'Every step is the same in all runs, rules applied.' : 'No span of them has arrived yet.'}
        </EmptyState>
      ) : (
        <MatrixGrid
          runs={runs}
          rows={rows}
          cursor={at}
          pins={pins}
          pinFrom={pinFrom}
          onCursor={setCursor}
          onOpen={open}
          onFirst={(runId) => only([runId, ...runs.map((run) => run.id).filter((id) => id !== runId)])}
          onRemove={(runId) => only(runs.map((run) => run.id).filter((id) => id !== runId))}
        />
      )}
    </>
  );
}

function endsOf(row: MatrixRow, column: number): { readonly a: number | undefined; readonly b: number | undefined } {
  return { a: row.cells[0]?.index, b: row.cells[column]?.index };
}

function isPinOf([a, b, of]: MatrixPins[number], ends: ReturnType<typeof endsOf>, column: number): boolean {
  return of === column && a === ends.a && b === ends.b;
}

function plainPin([a, b, column]: MatrixPins[number]): [number, number, number] {
  return [a, b, column];
}

/** A row that neither the first run nor this column has is named by a column that has it. */
function nearestName(row: MatrixRow, column: number): string | undefined {
  const order = row.cells.map((_, place) => place).sort((one, two) => Math.abs(one - column) - Math.abs(two - column));
  const place = order.find((one) => cellName(row, one) !== undefined);
  return place === undefined ? undefined : cellName(row, place);
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
  if (spread === undefined)
    return (
      <div className={styles.statistic}>
        <dt>{name}</dt>
        <dd>—</dd>
      </div>
    );
  const range = spread.min === spread.max ? 'the same in all' : `${format(spread.min)} to ${format(spread.max)}`;
  return (
    <div
      className={styles.statistic}
      title={`${name}: mean ${format(spread.mean)}, standard deviation ${format(spread.standardDeviation)}`}
    >
      <dt>
        median {name} · {range}
        {spread.known < total ? ` · ${spread.known} of ${total} known` : ''}
      </dt>
      <dd>{format(spread.median)}</dd>
    </div>
  );
}
