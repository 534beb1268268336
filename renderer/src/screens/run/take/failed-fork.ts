import type { StepTable } from '../../../../../shared/contract.ts';

/**
 * Where a failed run is taken up again: the llm step that failed last, or the one that asked for the tool that did. A failed agent or
 * chain only passes on what failed inside it. Undefined when nothing that can be asked again came before the failure.
 */
export function failedFork(table: StepTable): number | undefined {
  for (let index = table.kind.length - 1; index >= 0; index -= 1) {
    if (table.status[index] !== 'error') continue;
    if (table.kind[index] === 'llm' && table.usageRole[index] !== 'duplicate') return index;
    if (table.kind[index] !== 'tool') continue;
    const asked = table.requestedBy[index] ?? -1;
    return asked >= 0 ? asked : lastCallBefore(table, index);
  }
  return lastCallBefore(table, table.kind.length);
}

function lastCallBefore(table: StepTable, end: number): number | undefined {
  for (let index = end - 1; index >= 0; index -= 1) {
    if (table.kind[index] === 'llm' && table.usageRole[index] !== 'duplicate') return index;
  }
  return undefined;
}
