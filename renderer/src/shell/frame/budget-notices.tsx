import { useEffect, useRef } from 'react';
import type { BudgetsToday } from '../../../../shared/model/budget.ts';
import { showToast } from '../../lib/toasts.ts';
import { budgetNews, newsWords } from '../../session/budget-words.ts';
import { useBudgets } from '../../session/budgets.ts';
import { runCommand } from '../../session/commands.ts';
import { notifyDesktop } from '../../session/desktop-notification.ts';

/** Says it once when a budget is spent or begins to hold calls, here and outside of the window. */
export function BudgetNotices() {
  const { data: today } = useBudgets();
  const before = useRef<BudgetsToday>(undefined);
  useEffect(() => {
    if (today === undefined) return;
    for (const budget of budgetNews(before.current, today)) {
      const words = newsWords(budget);
      showToast({
        ...words,
        isLong: true,
        action: { label: 'Show the budgets', run: () => void runCommand('budgets.open') },
      });
      notifyDesktop({ ...words, tag: `budget ${budget.id}` });
    }
    before.current = today;
  }, [today]);
  return null;
}
