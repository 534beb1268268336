import type { BudgetDraft } from '../../../../shared/model/budget.ts';

/** A budget as it is typed. */
export interface TypedBudget {
  readonly agent: string;
  readonly usd: string;
  readonly action: BudgetDraft['action'];
}

/** The budget, or what is wrong with the amount. Without an agent it is one over all. */
export function readBudget({
  agent,
  usd,
  action,
}: TypedBudget): { readonly budget: BudgetDraft } | { readonly error: string } {
  const text = usd.trim().replace(/^\$\s*/, '');
  if (text === '') return { error: 'Needed: US dollars a day.' };
  // 1,000 is a thousand, and 0,5 is a half: a comma before three digits at the end could be either.
  if (/^\d{1,3},\d{3}$/.test(text))
    return { error: `Write ${text.replace(',', '')} or ${text.replace(',', '.')}: the comma could mean either.` };
  const value = Number(/^\d+,\d+$/.test(text) ? text.replace(',', '.') : text.replaceAll(',', ''));
  if (!/^[\d.,]+$/.test(text) || !Number.isFinite(value))
    return { error: 'An amount in US dollars, such as 5 or 0.50.' };
  if (value > 1_000_000_000) return { error: 'At most 1,000,000,000.' };
  const name = agent.trim();
  return { budget: { usd: value, action, ...(name === '' ? {} : { agent: name }) } };
}
