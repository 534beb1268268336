import type { FindingMoney } from '../../../../shared/model/finding.ts';
import type { AnalysedRun } from '../analysed-run.ts';

export const noMoney: FindingMoney = { kind: 'none' };

interface Line {
  readonly step: number;
  readonly tokens: number | undefined;
  /** Undefined: that call has no price. */
  readonly usd: number | undefined;
}

const shownLines = 20;

/** What these lines come to. Without a single price the amount is unknown; with some it is at least that. */
export function moneyOf(lines: readonly Line[], estimated: boolean): FindingMoney {
  const known = lines.flatMap(({ step, tokens, usd }) =>
    usd === undefined ? [] : [{ step, usd, ...(tokens === undefined ? {} : { tokens }) }],
  );
  if (lines.length === 0) return noMoney;
  if (known.length === 0) return { kind: 'unknown', why: 'the calls have no price' };
  return {
    kind: 'known',
    usd: known.reduce((sum, { usd }) => sum + usd, 0),
    atLeast: known.length < lines.length,
    estimated,
    lines: known.slice(0, shownLines),
    more: Math.max(0, known.length - shownLines),
  };
}

/** The whole of what these calls of models cost. */
export function costOfCalls(run: AnalysedRun, steps: Iterable<number>): FindingMoney {
  const lines = [...new Set(steps)].map((index): Line => {
    const step = run.steps[index]?.step;
    const cost = step?.cost;
    return {
      step: index,
      tokens: step?.facts.usage?.input,
      usd: cost === undefined || cost.kind === 'none' ? undefined : cost.usd,
    };
  });
  return moneyOf(lines, false);
}
