import { plainUsd, shortUsd } from '../../../shared/model/budget.ts';
import type { BudgetsToday, BudgetToday } from '../../../shared/model/budget.ts';
import { formatQuantity } from '../lib/format.ts';

/** `$1.20 of $5.00 spent · $0.30 under way · $3.50 left`; at least so much where calls have no price. */
export function budgetFigures({ spentUsd, limitUsd, reservedUsd, leftUsd, unpricedCalls }: BudgetToday): string {
  return [
    `${unpricedCalls > 0 ? '≥ ' : ''}${shortUsd(spentUsd)} of ${plainUsd(limitUsd)} spent`,
    ...(reservedUsd > 0 ? [`${shortUsd(reservedUsd)} under way`] : []),
    `${shortUsd(leftUsd)} left`,
  ].join(' · ');
}

export type BudgetStanding = 'within' | 'spent' | 'holding';

/** Holding: calls wait for it now. */
export function standingOf({ heldCalls, isSpent }: BudgetToday): BudgetStanding {
  return heldCalls > 0 ? 'holding' : isSpent ? 'spent' : 'within';
}

/** In a word or two, beside its figures. */
export function standingWords(budget: BudgetToday): string {
  switch (standingOf(budget)) {
    case 'holding':
      return `holds ${formatQuantity(budget.heldCalls, 'call')}`;
    case 'spent':
      return 'spent';
    case 'within':
      return budget.action === 'hold' ? 'will hold' : 'will tell';
    default:
      return '';
  }
}

/** What is worth a word now that was not before: a budget that is spent or has begun to hold, on the same day. */
export function budgetNews(before: BudgetsToday | undefined, now: BudgetsToday): readonly BudgetToday[] {
  if (before === undefined) return [];
  return now.budgets.filter((budget) => {
    const old = before.day === now.day ? before.budgets.find(({ id }) => id === budget.id) : undefined;
    const wasSpent = old !== undefined && old.isSpent && old.limitUsd === budget.limitUsd;
    const wasHolding = old !== undefined && old.heldCalls > 0;
    return (budget.isSpent && !wasSpent) || (budget.heldCalls > 0 && !wasHolding);
  });
}

/** As the title and the text of a notice. */
export function newsWords(budget: BudgetToday): { readonly title: string; readonly text: string } {
  const whose = budget.agent === undefined ? 'The budget of the day' : `The budget of ${budget.agent}`;
  return {
    title: budget.heldCalls > 0 ? `${whose} holds ${formatQuantity(budget.heldCalls, 'call')}` : `${whose} is spent`,
    text: `${budgetFigures(budget)}.${budget.heldCalls > 0 ? ' Raise it, and they go on.' : budget.action === 'notify' ? ' It is only said: calls go on.' : ' What costs something is held until it is raised, or until midnight.'}`,
  };
}
