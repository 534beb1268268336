import type { RunDetail, StepTable } from '../../../../shared/contract.ts';
import type { SideNames } from './pair-words.ts';

/** A text column of the table; undefined when the step has none. */
export function textOf(
  table: StepTable,
  column: 'name' | 'rawName' | 'agent' | 'model' | 'errorText' | 'preview',
  index: number,
): string | undefined {
  return table.strings[table[column][index] ?? -1];
}

/** A figure of the table; undefined when unknown (-1). */
export function knownFigure(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value;
}

/** Money that counts for this step; undefined when unknown or restated from other steps. */
export function ownCost(table: StepTable, index: number | undefined): number | undefined {
  return index === undefined || table.usageRole[index] !== 'own' ? undefined : knownFigure(table.costUsd[index]);
}

export function durationOf(table: StepTable, index: number | undefined): number | undefined {
  return index === undefined ? undefined : knownFigure(table.duration[index]);
}

export function stepName(table: StepTable, index: number): string {
  return textOf(table, 'name', index) ?? textOf(table, 'rawName', index) ?? table.kind[index] ?? `step ${index}`;
}

/** Within one take tree `take 1` and `take 2`, else A and B. A run that was opened before the other was made does not know of it yet. */
export function sideNames(a: Pick<RunDetail, 'id' | 'family'>, b: Pick<RunDetail, 'id' | 'family'>): SideNames {
  for (const family of [a.family, b.family]) {
    const [placeA, placeB] = [a, b].map(({ id }) => family.findIndex((take) => take.id === id));
    if (placeA !== undefined && placeB !== undefined && placeA >= 0 && placeB >= 0 && placeA !== placeB)
      return { a: `take ${placeA + 1}`, b: `take ${placeB + 1}` };
  }
  return { a: 'A', b: 'B' };
}
