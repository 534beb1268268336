import type { BreakCondition } from '../../../shared/model/break.ts';
import type { ExecutorKind } from '../../../shared/model/take.ts';
import type { DivergencePolicy } from '../../backend/command-line.ts';
import type { LibraryOption } from './session.ts';

/** Apart from the command itself, so that the command line is read without loading the backend. */
export const divergencePolicies = ['stop', 'accept', 'live'] as const satisfies readonly DivergencePolicy[];
export const executorChoices = ['replay', 'continue', 'command'] as const satisfies readonly ExecutorKind[];
export const afterForkChoices = ['causal', 'live'] as const;
export const workspaceChoices = ['inplace', 'copy'] as const;

export interface RunOptions extends LibraryOption {
  readonly name?: string;
  readonly upstream?: string;
  readonly break?: readonly BreakCondition[];
}

export interface RerunOptions extends LibraryOption {
  /** Absent: `resume`, or a run that did not end well. */
  readonly from?: number;
  readonly resume?: boolean;
  readonly edit?: string;
  /** One: asked from the fork on. Several: a sweep, so many takes. */
  readonly model?: readonly string[];
  readonly executor: ExecutorKind;
  readonly tools?: string;
  readonly trust?: boolean;
  readonly name?: string;
  readonly upstream?: string;
  readonly onDivergence: DivergencePolicy;
  readonly afterFork: (typeof afterForkChoices)[number];
  readonly workspace: (typeof workspaceChoices)[number];
  readonly repeat: number;
  readonly budgetUsd?: number;
  readonly budgetSteps?: number;
  readonly budgetSeconds?: number;
  readonly break?: readonly BreakCondition[];
  readonly yes?: boolean;
  readonly json?: boolean;
}
