import type { CacheDrop, ContextCategory, ProviderDiagnosis, TokenSource } from '../../../shared/model/context-lens.ts';
import type { Cost } from '../../../shared/model/cost.ts';
import type { Usage } from '../../../shared/model/usage.ts';
import type { ContextPart } from './context-parts.ts';

/** One call of a model as the ledger is told of it, in run order. */
export interface LedgerCall {
  readonly step: number;
  /** The agent around it: its calls may go on from each other. */
  readonly instance: number | undefined;
  readonly model: string | undefined;
  readonly startMs: number;
  readonly usage: Usage;
  readonly cost: Cost | undefined;
  readonly parts: readonly ContextPart[];
  /** Why the messages before it are not all there, as the end of a sentence. */
  readonly gap: string | undefined;
  /** The emitter cut some of it. */
  readonly truncated: boolean;
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly window: number | undefined;
  /** What the provider said of its cache, where a take asked it. */
  readonly diagnosis?: ProviderDiagnosis | undefined;
}

/** A part of a context and who carried it; texts are held only as long as a conversation may still be compared with them. */
export interface LedgerItem {
  readonly index: number;
  readonly category: ContextCategory;
  readonly label: string;
  readonly preview: string;
  readonly callId: string | undefined;
  readonly isError: boolean;
  readonly origin: number | undefined;
  readonly entered: number;
  text: string;
  tokens: number;
  tokensFrom: TokenSource;
  readonly spans: number[];
  sent: number;
  /** Tokens in all calls together, fitted to what each reported. */
  carried: number;
  rentUsd: number | undefined;
  /** Of that, at the first call that carried it. */
  firstUsd: number | undefined;
  unpriced: number;
}

export interface LedgerEntry {
  readonly call: Omit<LedgerCall, 'parts'>;
  readonly conversation: number;
  readonly total: number;
  readonly reported: boolean;
  readonly scale: number;
  readonly categories: readonly number[];
  readonly lost:
    | { readonly items: readonly number[]; readonly tokens: number; readonly compaction: boolean }
    | undefined;
  readonly drop: CacheDrop | undefined;
  /** Items that no call of this conversation had before. */
  readonly fresh: readonly LedgerItem[];
}
