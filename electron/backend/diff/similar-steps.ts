import type { ComparableStep } from './comparable-step.ts';
import type { Match, Range } from './sequence.ts';
import { matchSequences } from './sequence.ts';
import { similarity } from './step-keys.ts';
import type { KeyColumns } from './step-keys.ts';

/**
 * Steps in a gap that are the same step with other content: the pairing, in order, whose similarity is largest in sum
 * (Needleman-Wunsch without gap costs), exact while the gap is small, along a band where it is large.
 */
export interface WorkBudget {
  /** Comparisons of two steps with all that is known of them, over all gaps: about 0.15 µs each. */
  comparisons: number;
}

export function workBudget(): WorkBudget {
  return { comparisons: 150_000 };
}

const bandWidth = 12;

type StepAt = (position: number) => ComparableStep | undefined;

export function matchSimilar(
  a: StepAt,
  b: StepAt,
  aKeys: KeyColumns,
  bKeys: KeyColumns,
  gap: Range,
  budget: WorkBudget,
): Match[] {
  const rows = gap.aTo - gap.aFrom;
  const columns = gap.bTo - gap.bFrom;
  if (rows * columns <= budget.comparisons) {
    budget.comparisons -= rows * columns;
    return bestPairing(a, b, gap, Math.max(rows, columns));
  }
  // Too large to compare each with each: first what is called the same, in order, then neighbours along the diagonal.
  const named = matchSequences(aKeys.weak, bKeys.weak, gap);
  if (named.length * 2 >= Math.min(rows, columns)) return named;
  const band = Math.min(bandWidth, Math.floor(budget.comparisons / (rows + columns)));
  if (band < 1) return named;
  budget.comparisons -= (2 * band + 1) * rows;
  return bestPairing(a, b, gap, band);
}

const skipA = 1;
const skipB = 2;
const pair = 3;

function bestPairing(a: StepAt, b: StepAt, { aFrom, aTo, bFrom, bTo }: Range, band: number): Match[] {
  const rows = aTo - aFrom;
  const columns = bTo - bFrom;
  const width = Math.min(columns, 2 * band + 1);
  // Row i looks at columns from(i) … from(i) + width - 1.
  const from = (row: number): number =>
    Math.max(0, Math.min(columns - width, Math.round((row * columns) / rows) - band));
  const choices = new Uint8Array(rows * width);
  let previous = new Float64Array(columns + 1);
  for (let row = 0; row < rows; row++) {
    const step = a(aFrom + row);
    const first = from(row);
    const current = new Float64Array(columns + 1);
    for (let column = 0; column <= first; column++) current[column] = previous[column] ?? 0;
    for (let column = first; column < first + width; column++) {
      const other = b(bFrom + column);
      const score = step && other ? similarity(step, other) : 0;
      const paired = score > 0 ? (previous[column] ?? 0) + score : -1;
      const withoutA = previous[column + 1] ?? 0;
      const withoutB = current[column] ?? 0;
      const best = Math.max(paired, withoutA, withoutB);
      current[column + 1] = best;
      // Of pairings as good as each other the earliest: a call of which nothing is known stands where its run had got to.
      choices[row * width + column - first] =
        paired > Math.max(withoutA, withoutB) ? pair : withoutA === best ? skipA : skipB;
    }
    for (let column = first + width; column < columns; column++)
      current[column + 1] = Math.max(previous[column + 1] ?? 0, current[column] ?? 0);
    previous = current;
  }
  const matches: Match[] = [];
  for (let row = rows - 1, column = columns - 1; row >= 0 && column >= 0;) {
    const at = column - from(row);
    const choice = at < 0 ? skipA : at >= width ? skipB : choices[row * width + at];
    if (choice === pair) matches.push({ a: aFrom + row--, b: bFrom + column-- });
    else if (choice === skipB) column -= 1;
    else row -= 1;
  }
  return matches.reverse();
}
