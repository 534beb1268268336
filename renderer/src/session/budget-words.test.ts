import { expect, test } from 'vitest';
import type { BudgetsToday, BudgetToday } from '../../../shared/model/budget.ts';
import { budgetFigures, budgetNews, newsWords, standingWords } from './budget-words.ts';

const budget = (more: Partial<BudgetToday> = {}): BudgetToday => ({
  id: 'a',
  agent: 'shop',
  usd: 5,
  action: 'hold',
  limitUsd: 5,
  spentUsd: 1.2,
  reservedUsd: 0,
  leftUsd: 3.8,
  assumedUsd: 0,
  assumedCalls: 0,
  unpricedCalls: 0,
  besideUsd: 0,
  runs: 1,
  heldCalls: 0,
  isSpent: false,
  allowsUnpriced: false,
  ...more,
});
const today = (...budgets: BudgetToday[]): BudgetsToday => ({ day: '2026-11-30', zone: 'UTC', untilMs: 0, budgets });

test('figures are at least so much where calls have no price, and say what is under way', () => {
  expect(budgetFigures(budget())).toBe('$1.20 of $5 spent · $3.80 left');
  expect(budgetFigures(budget({ unpricedCalls: 1, reservedUsd: 0.004, leftUsd: 3.796 }))).toBe(
    '≥ $1.20 of $5 spent · $0.004 under way · $3.80 left',
  );
});

test('news is what was not so before: spent, or holding; not at the first look, and anew after a raise or a midnight', () => {
  const spent = budget({ isSpent: true, spentUsd: 5, leftUsd: 0 });
  const holding = budget({ heldCalls: 2 });
  expect(budgetNews(undefined, today(spent))).toEqual([]);
  expect(budgetNews(today(budget()), today(spent))).toEqual([spent]);
  expect(budgetNews(today(spent), today(spent))).toEqual([]);
  expect(budgetNews(today(budget()), today(holding))).toEqual([holding]);
  expect(budgetNews(today(holding), today(budget({ heldCalls: 3 })))).toEqual([]);
  const again = { ...spent, limitUsd: 7, spentUsd: 7 };
  expect(budgetNews(today(spent), today(again))).toEqual([again]);
  expect(budgetNews({ ...today(spent), day: '2026-11-29' }, today(spent))).toEqual([spent]);
  expect(newsWords(holding)).toEqual({
    title: 'The budget of shop holds 2 calls',
    text: '$1.20 of $5 spent · $3.80 left. Raise it, and they go on.',
  });
  expect(newsWords(spent).title).toBe('The budget of shop is spent');
  expect(newsWords({ ...spent, action: 'notify' }).text).toContain('calls go on');
  expect([budget(), spent, holding].map(standingWords)).toEqual(['will hold', 'spent', 'holds 2 calls']);
});
