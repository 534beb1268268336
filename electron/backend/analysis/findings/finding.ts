import { maximumFindingSteps } from '../../../../shared/model/finding.ts';
import type { Finding, FindingFacts, FindingMoney } from '../../../../shared/model/finding.ts';
import type { AnalysedRun } from '../analysed-run.ts';

/** What a take without a finding changes; long texts are read when it is asked for. */
export type TakeHint =
  | { readonly type: 'plain' }
  | { readonly type: 'tell'; readonly text: string }
  | { readonly type: 'remove-tools'; readonly names: readonly string[] }
  | { readonly type: 'shorten-result'; readonly callId: string }
  | { readonly type: 'hide-key'; readonly callId: string }
  | { readonly type: 'system-of'; readonly step: number }
  | { readonly type: 'tools-of'; readonly step: number }
  | { readonly type: 'model'; readonly model: string };

/** A finding with what its take begins with. */
export interface FoundFinding {
  readonly finding: Finding;
  readonly hint: TakeHint | undefined;
}

/** One kind of finding. It says nothing rather than something that may be wrong. */
export type Finder = (run: AnalysedRun) => Iterable<FoundFinding>;

export function found(
  facts: FindingFacts,
  steps: readonly number[],
  money: FindingMoney,
  take?: { readonly from: number | undefined; readonly hint: TakeHint },
): FoundFinding {
  const from = take?.from;
  return {
    finding: {
      facts,
      steps: steps.slice(0, maximumFindingSteps),
      stepCount: steps.length,
      money,
      ...(from === undefined ? {} : { takeFrom: from }),
    },
    hint: from === undefined ? undefined : take?.hint,
  };
}
