import type { RunSummary, StepTable } from '../../../../shared/contract.ts';
import type { Message } from '../../../../shared/model/message.ts';

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

/** `step 9 · bash` for links between steps. */
export function stepLabel(table: StepTable, index: number): string {
  const name = textOf(table, 'name', index);
  return name === undefined ? `step ${index}` : `step ${index} · ${name}`;
}

/** What a run cost, in words that do not claim more than is known. */
export function costWords(run: Pick<RunSummary, 'costUsd' | 'unpricedCalls'>): string {
  if (run.unpricedCalls === 0) return 'cost';
  const calls = run.unpricedCalls === 1 ? '1 call' : `${run.unpricedCalls} calls`;
  return run.costUsd === undefined ? `cost · no price for ${calls}` : `cost, at least · no price for ${calls}`;
}

/** Names of the tools called in these messages by call id: a tool result often carries only the id. */
export function toolNames(messages: readonly Message[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const message of messages) {
    for (const part of message.parts)
      if (part.type === 'tool_call' && part.id !== undefined) names.set(part.id, part.name);
  }
  return names;
}
