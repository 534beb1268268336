import type { DivergencePolicy } from '../../backend/executor/gateway/replay-plan.ts';
import type { LibraryOption } from './session.ts';

/** Apart from the command itself, so that the command line is read without loading the backend. */
export const divergencePolicies = ['stop', 'accept', 'live'] as const satisfies readonly DivergencePolicy[];
export const afterForkChoices = ['causal', 'live'] as const;

export interface RerunOptions extends LibraryOption {
  readonly from: number;
  readonly edit?: string;
  readonly model?: string;
  readonly name?: string;
  readonly upstream?: string;
  readonly onDivergence: DivergencePolicy;
  readonly afterFork: (typeof afterForkChoices)[number];
  readonly repeat: number;
  readonly budgetUsd?: number;
  readonly yes?: boolean;
  readonly json?: boolean;
}
