import type { BudgetDraft, BudgetsToday, PutBudget } from '../../../shared/model/budget.ts';

/** A live call that asks whether it may go out. */
export interface BudgetCall {
  /** The take or recording that makes it. */
  readonly take: string;
  readonly seq: number;
  readonly runId?: string | undefined;
  /** Every name that a budget may mean the run by. */
  readonly names: readonly string[];
  /** What it may cost at most, in whole nano-dollars; undefined: its model has no known price. */
  readonly mostNanoUsd: number | undefined;
  /** No call of a model, so that nothing is known of its cost and nobody tells when it ends: it is counted, and held by a budget that is spent. */
  readonly isOther?: boolean | undefined;
  readonly model?: string | undefined;
}

/** What became of it. */
export interface BudgetedEnd {
  readonly take: string;
  readonly seq: number;
  readonly runId?: string | undefined;
  readonly names: readonly string[];
  /** Undefined: not known. 0 for what was refused or never sent. */
  readonly nanoUsd: number | undefined;
  /** The answer came to no end, so that what is known of its cost is too little. */
  readonly brokeOff?: boolean | undefined;
}

export type BudgetAnswer =
  | { readonly kind: 'go'; readonly notices: readonly string[] }
  | {
      readonly kind: 'wait';
      /** What to wait for: `changed`. */
      readonly version: number;
      readonly notices: readonly string[];
      readonly budgetId: string;
      readonly ofUsd: number;
      /** What is spent and under way. */
      readonly usedUsd: number;
      /** Why it waits, as the end of a sentence. */
      readonly reason: string;
      /** There may be room when calls under way have ended: nobody needs to be asked yet. */
      readonly mayPass: boolean;
      /** It waits for a price, not for money. */
      readonly isUnpriced: boolean;
    };

/** Stands before the live calls of all takes and recordings of a library, in whichever process they run. Reserving is one step: of many calls at once none passes. */
export interface BudgetDesk {
  reserve(call: BudgetCall): Promise<BudgetAnswer>;
  /** Gives what is worth a word to whoever watches the take. */
  settle(end: BudgetedEnd): Promise<readonly string[]>;
  /** The take has ended: none of its calls waits, and what is still under way counts at its most. */
  leave(take: string): Promise<void>;
  /** Resolves when something is not as it was at that version, or after a while. */
  changed(version: number): Promise<void>;
  /** For today only. `usd` undefined: calls without a price go on. */
  raise(budgetId: string, usd: number | undefined): Promise<void>;
  today(): Promise<BudgetsToday>;
  /** Refused with a question where the amount looks mistyped and nobody is sure of it. Without an id it is a new one. */
  put(budget: BudgetDraft & { readonly id?: string | undefined }, isSure: boolean): Promise<PutBudget>;
  /** Gives whether there was one. */
  remove(id: string): Promise<boolean>;
}
