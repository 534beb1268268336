import { runLocation } from '../../../../shared/location.ts';
import { budgetOwner } from '../../../../shared/model/budget.ts';
import { rateWords } from '../../../../shared/model/money.ts';
import { classNames } from '../../lib/class-names.ts';
import { useShownCurrency } from '../../lib/currency.ts';
import { formatBytes, formatCount, formatQuantity } from '../../lib/format.ts';
import { useNow } from '../../lib/use-now.ts';
import { useConnectionState } from '../../session/backend-client.ts';
import { standingOf, standingWords } from '../../session/budget-words.ts';
import { useBudgets } from '../../session/budgets.ts';
import { runCommand } from '../../session/commands.ts';
import { hasEnded, useLiveTakes } from '../../session/live-takes.ts';
import { hrefOf } from '../../session/location-store.ts';
import { useInfo } from '../../session/queries.ts';
import { Tooltip } from '../../ui/tooltip.tsx';
import styles from './status-bar.module.css';

/** Shown as live for this long after the last span. */
const liveForMs = 5_000;

export function StatusBar() {
  const { data: info } = useInfo();
  const connection = useConnectionState();
  const currency = useShownCurrency();
  const now = useNow(1_000, info?.lastSpanAt !== undefined);
  const live = info?.lastSpanAt !== undefined && now - info.lastSpanAt < liveForMs;
  return (
    <footer className={styles.bar}>
      <span className={styles.item}>
        <span
          className={classNames(styles.dot, connection.state === 'open' ? styles.open : styles.closed)}
          aria-hidden
        />
        {connection.state === 'open'
          ? info !== undefined && `${formatQuantity(info.runs, 'run')} · ${formatQuantity(info.steps, 'step')}`
          : connectionWord(connection.state)}
      </span>
      {info !== undefined && (
        <Tooltip text={info.libraryPath} side="top">
          <span className={styles.item}>
            library {formatBytes(info.libraryBytes)}
            {info.rawBytes > 0 && <span className={styles.quiet}> (raw OTLP {formatBytes(info.rawBytes)})</span>}
          </span>
        </Tooltip>
      )}
      <span className={styles.space} />
      {info?.remapping !== undefined && (
        <Tooltip text="This version of Retake reads some runs differently. They can be used meanwhile." side="top">
          <span className={styles.item}>
            Re-reading runs, {formatCount(info.remapping.done)} of {formatCount(info.remapping.total)}
          </span>
        </Tooltip>
      )}
      <FullBudgets />
      {info?.repricing !== undefined && (
        <Tooltip text="The prices have changed: runs are priced again. They can be used meanwhile." side="top">
          <span className={styles.item} role="status">
            Pricing runs again, {formatCount(info.repricing.done)} of {formatCount(info.repricing.total)}
          </span>
        </Tooltip>
      )}
      <RunningTakes />
      {live && <span className={styles.item}>live: {formatQuantity(Math.round(info.spansPerSecond), 'span')}/s</span>}
      {currency !== undefined && (
        <Tooltip text={`Money is converted: ${rateWords(currency)}`} side="top">
          <span className={styles.item}>
            {currency.code} at your rate of {currency.date}
          </span>
        </Tooltip>
      )}
      {info !== undefined && (
        <Tooltip text={info.prices.source} side="top">
          <span className={styles.item}>prices: {info.prices.date}</span>
        </Tooltip>
      )}
    </footer>
  );
}

/** Takes that run somewhere, and whether one waits for a person: seen from every screen, one click away. */
function RunningTakes() {
  const takes = useLiveTakes((state) => state.takes);
  const running = [...takes.values()].filter((take) => !hasEnded(take) && take.status !== 'waiting');
  const first = running.find(({ holds }) => holds.length > 0) ?? running[0];
  if (first === undefined) return null;
  const held = running.filter(({ holds }) => holds.length > 0).length;
  const words = `${formatQuantity(running.length, 'take')} running${held > 0 ? ` · ${held} ${held === 1 ? 'waits' : 'wait'} for you` : ''}`;
  if (first.runId === undefined)
    return (
      <span className={styles.item} role="status">
        {words}
      </span>
    );
  return (
    <a
      className={classNames(styles.item, styles.takes, held > 0 && styles.held)}
      href={hrefOf(runLocation(first.runId))}
    >
      {words}
    </a>
  );
}

/** A budget of the day that is spent or holds calls, one press away. */
function FullBudgets() {
  const { data: today } = useBudgets();
  const full = today?.budgets.filter((budget) => standingOf(budget) !== 'within') ?? [];
  const first = full.find(({ heldCalls }) => heldCalls > 0) ?? full[0];
  if (first === undefined) return null;
  return (
    <button
      type="button"
      className={classNames(styles.item, styles.budget)}
      onClick={() => void runCommand('budgets.open')}
    >
      budget of {budgetOwner(first)}: {standingWords(first)}
      {full.length > 1 && ` · ${formatCount(full.length - 1)} more`}
    </button>
  );
}

function connectionWord(state: 'connecting' | 'reconnecting' | 'refused'): string {
  switch (state) {
    case 'connecting':
      return 'Connecting…';
    case 'reconnecting':
      return 'Reconnecting…';
    case 'refused':
      return 'Not connected';
    default:
      return state satisfies never;
  }
}
