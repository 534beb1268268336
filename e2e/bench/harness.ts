/** One line of the report: a ratio measured in this very run, and the goal it is held against. */
export interface BenchRow {
  readonly name: string;
  /** What is divided by what. */
  readonly meaning: string;
  readonly goal: number;
  readonly figure: number;
  /** The two sides in their own units, for the reader. */
  readonly detail: string;
}

export interface Sides {
  readonly left: () => Promise<number> | number;
  readonly right: () => Promise<number> | number;
}

/** Runs both sides in turn, so that a slow spell of the machine hits both, and gives back each side's median. */
export async function interleave(
  rounds: number,
  sides: Sides,
): Promise<{ readonly left: number; readonly right: number }> {
  const left: number[] = [];
  const right: number[] = [];
  for (let round = 0; round < rounds; round++) {
    collectGarbage();
    left.push(await sides.left());
    collectGarbage();
    right.push(await sides.right());
  }
  return { left: median(left), right: median(right) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Milliseconds that the work took. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export function printReport(rows: readonly BenchRow[]): boolean {
  const lines = rows.map((row) => {
    const met = row.figure <= row.goal;
    return [
      met ? 'met' : 'NOT MET',
      row.name,
      `${format(row.figure)} (goal ≤ ${format(row.goal)})`,
      row.meaning,
      row.detail,
    ] as const;
  });
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) console.log(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return rows.every((row) => row.figure <= row.goal);
}

function format(value: number): string {
  return value < 0.1 ? value.toFixed(4) : value.toFixed(2);
}

function collectGarbage(): void {
  globalThis.gc?.();
}
