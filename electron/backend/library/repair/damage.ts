/** What is damaged in a library, and what it belonged to. `words`: of whoever found it. */
export type Damage =
  /** SQLite's own structure: a page, an index. */
  | { readonly kind: 'structure'; readonly table: string; readonly words: string }
  /** Spans or logs that cannot be read; `runId` absent where they belong to no run that is known. */
  | { readonly kind: 'spans' | 'logs'; readonly runId?: string; readonly count: number; readonly words: string }
  /** Long values (messages, results) that this run was the first to send: they are missing wherever they were sent again. */
  | { readonly kind: 'values'; readonly runId?: string; readonly count: number; readonly words: string }
  /** Model calls of a recording: the run can be read, and not be re-run from them. */
  | { readonly kind: 'exchanges'; readonly runId: string; readonly count: number; readonly words: string }
  | { readonly kind: 'metrics'; readonly count: number; readonly words: string }
  /** What was made from spans that can be read. */
  | { readonly kind: 'steps'; readonly runId?: string; readonly count: number; readonly words: string };

export interface CheckReport {
  readonly checked: {
    readonly runs: number;
    readonly spans: number;
    readonly logs: number;
    readonly exchanges: number;
    /** Compressed blocks of them. */
    readonly blocks: number;
  };
  readonly damage: readonly Damage[];
}

/** What a damaged library gave, and what it did not. */
export interface SalvageReport {
  /** Where the damaged library lies now; nothing of it is deleted. */
  readonly asideFolder: string;
  readonly kept: {
    readonly runs: number;
    readonly spans: number;
    readonly logs: number;
    readonly exchanges: number;
  };
  readonly lost: {
    /** Spans and logs whose row is there and cannot be read. */
    readonly spans: number;
    readonly logs: number;
    /** Values of spans that were kept without them: the span counts them as dropped. */
    readonly values: number;
    readonly exchanges: number;
    /** Stretches of rows that could not be looked at; how many rows they held is not known. */
    readonly stretches: number;
  };
}
