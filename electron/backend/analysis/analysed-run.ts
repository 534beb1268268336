import type { TimeSpent } from '../../../shared/model/finding.ts';
import type { StoredStep } from '../library/queries/steps.ts';
import type { ContextLedger } from './context-ledger.ts';
import type { LedgerItem } from './ledger-entry.ts';
import type { ToolCall } from './tool-calls.ts';

/** A credential and the steps that hold it; the credential itself is not kept. */
export interface SeenKey {
  readonly what: string;
  readonly begins: string;
  /** What holds it first: name of a tool, role of a message. */
  readonly where: string;
  /** The result that holds it first, by the id of its call. */
  readonly callId: string | undefined;
  readonly steps: number[];
  /** The call that saw it first, or said it. */
  readonly call: number;
}

/** All that findings are made of: read once, in one pass over the run. */
export interface AnalysedRun {
  readonly steps: readonly StoredStep[];
  /** Nothing more is expected of it. */
  readonly ended: boolean;
  readonly ledger: ContextLedger;
  readonly tools: readonly ToolCall[];
  /** Names of tools that were called, as steps and as answers say them. */
  readonly calledNames: ReadonlySet<string>;
  readonly unused: readonly LedgerItem[];
  readonly keys: readonly SeenKey[];
  readonly time: TimeSpent | undefined;
  /** What could not be looked at, in words. */
  readonly notes: readonly string[];
}
