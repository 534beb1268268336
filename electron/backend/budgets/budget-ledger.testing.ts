import type { BudgetDraft } from '../../../shared/model/budget.ts';
import { createBudgetLedger } from './budget-ledger.ts';
import type { BudgetLedger } from './budget-ledger.ts';
import type { BudgetFile, BudgetStore } from './budget-store.ts';
import type { LibrarySpend } from './budget-sums.ts';
import type { RecentCost } from './usual-costs.ts';

export const usd = (dollars: number): number => Math.round(dollars * 1e9);

export interface LedgerBed {
  readonly ledger: BudgetLedger;
  readonly store: BudgetStore;
  /** What the library says; told of with `libraryChanged`. */
  library: LibrarySpend[];
  recent: RecentCost[];
  nowMs: number;
  /** Why the library cannot be read. */
  fault: Error | undefined;
  changes: number;
  /** Another one over the same file and library, as after a restart. */
  again(): BudgetLedger;
  /** Sets a budget and gives its id. */
  readonly set: (budget: BudgetDraft) => Promise<string>;
}

/** A ledger over a file, a library and a clock that the test holds. */
export function ledgerBed({ lookAgainMs }: { readonly lookAgainMs?: number } = {}): LedgerBed {
  let file: BudgetFile = { version: 1, budgets: [], today: [] };
  const store: BudgetStore = {
    read: async () => file,
    change: async (change) => (file = change(file)),
  };
  const bed = {
    library: [] as LibrarySpend[],
    recent: [] as RecentCost[],
    nowMs: Date.UTC(2026, 10, 30, 12),
    fault: undefined as Error | undefined,
    changes: 0,
  };
  const make = (): BudgetLedger =>
    createBudgetLedger({
      store,
      async spent() {
        if (bed.fault) throw bed.fault;
        return bed.library;
      },
      recent: async () => bed.recent,
      nowMs: () => bed.nowMs,
      onChange: () => void bed.changes++,
      ...(lookAgainMs === undefined ? {} : { lookAgainMs }),
    });
  const ledger = make();
  return Object.assign(bed, {
    ledger,
    store,
    again: make,
    async set(budget: BudgetDraft) {
      const put = await ledger.put(budget, true);
      if (put.kind !== 'kept') throw new Error(put.question);
      return put.budget.id;
    },
  });
}

/** A run as the library has it. */
export const spent = (id: string, dollars: number, more: Partial<LibrarySpend> = {}): LibrarySpend => ({
  ids: [id],
  names: ['shop'],
  isRecorded: false,
  nanoUsd: usd(dollars),
  unpriced: 0,
  ...more,
});
