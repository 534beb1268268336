import { budgetOwner } from '../../../../shared/model/budget.ts';
import { budgetFigures, standingOf, standingWords } from '../../session/budget-words.ts';
import { useBudgets } from '../../session/budgets.ts';
import { runCommand } from '../../session/commands.ts';
import { Button } from '../../ui/button.tsx';
import { Meter } from '../../ui/meter.tsx';
import styles from './budgets-panel.module.css';

/** How far the budgets of the day are spent, beside what the money went for. */
export function BudgetsPanel() {
  const { data: today } = useBudgets();
  if (today === undefined) return null;
  return (
    <section className={styles.panel} aria-labelledby="budgets-today">
      <div className={styles.head}>
        <h2 id="budgets-today" className={styles.title}>
          Budgets today
        </h2>
        <Button onClick={() => void runCommand('budgets.open')}>
          {today.budgets.length === 0 ? 'Set one…' : 'Set…'}
        </Button>
      </div>
      <ul className={styles.list}>
        {today.budgets.map((budget) => {
          const isFull = standingOf(budget) !== 'within';
          return (
            <li key={budget.id} className={styles.budget}>
              <span className={styles.row}>
                <span className="truncate">{budgetOwner(budget)}</span>
                <span className={isFull ? styles.full : styles.quiet}>{standingWords(budget)}</span>
              </span>
              <Meter
                label={`Spent of the budget of ${budgetOwner(budget)}`}
                text={budgetFigures(budget)}
                used={budget.limitUsd === 0 ? 1 : budget.spentUsd / budget.limitUsd}
                aside={budget.limitUsd === 0 ? 0 : budget.reservedUsd / budget.limitUsd}
                isFull={isFull}
              />
              <span className={styles.quiet}>{budgetFigures(budget)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
