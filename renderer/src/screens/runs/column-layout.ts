import { z } from 'zod';
import { storedValue } from '../../lib/stored-value.ts';
import { runColumns } from './run-columns.tsx';

/** Which columns are shown, in which order, how wide: kept in this profile. */
export interface ColumnLayout {
  readonly order: readonly string[];
  readonly visibility: Readonly<Record<string, boolean>>;
  readonly sizing: Readonly<Record<string, number>>;
}

const ids = new Set(runColumns.map((column) => column.id));
const idSchema = z.string().max(50);
const layoutSchema = z.object({
  order: z.array(idSchema).max(100),
  visibility: z.record(idSchema, z.boolean()),
  sizing: z.record(idSchema, z.number().min(20).max(2_000)),
});

export const defaultLayout: ColumnLayout = {
  order: runColumns.map((column) => column.id),
  visibility: Object.fromEntries(runColumns.map((column) => [column.id, column.hidden !== true])),
  sizing: {},
};

const stored = storedValue<ColumnLayout>('retake.runs.columns', layoutSchema, defaultLayout);

export function readLayout(): ColumnLayout {
  return completeLayout(stored.read());
}

export function writeLayout(layout: ColumnLayout): void {
  stored.write(layout);
}

/** A layout from an older version: columns that are gone are left out, new ones stand where they do by default. */
export function completeLayout(layout: ColumnLayout): ColumnLayout {
  const order = [...new Set(layout.order.filter((id) => ids.has(id)))];
  for (const [index, column] of runColumns.entries()) {
    if (!order.includes(column.id)) order.splice(Math.min(index, order.length), 0, column.id);
  }
  const fixed = runColumns.filter((column) => column.fixed === true).map((column) => column.id);
  return {
    order: [...fixed, ...order.filter((id) => !fixed.includes(id))],
    visibility: {
      ...defaultLayout.visibility,
      ...onlyKnown(layout.visibility),
      ...Object.fromEntries(fixed.map((id) => [id, true])),
    },
    sizing: onlyKnown(layout.sizing),
  };
}

/** Beside the peek there is room for less: it says what these say. */
const saidByPeek = ['agent', 'models', 'cached', 'output', 'growth'];

/** The layout beside an open peek. */
export function layoutBesidePeek(layout: ColumnLayout): ColumnLayout {
  const hidden = Object.fromEntries(saidByPeek.map((id) => [id, false]));
  return { ...layout, visibility: { ...layout.visibility, ...hidden } };
}

/** What was changed beside an open peek, as it is without it. */
export function layoutWithoutPeek(changed: ColumnLayout, before: ColumnLayout): ColumnLayout {
  const asBefore = Object.fromEntries(saidByPeek.map((id) => [id, before.visibility[id] === true]));
  return { ...changed, visibility: { ...changed.visibility, ...asBefore } };
}

/** Puts a column before another one (`before` undefined: at the end). */
export function moveColumn(order: readonly string[], id: string, before: string | undefined): readonly string[] {
  const rest = order.filter((one) => one !== id);
  const at = before === undefined ? rest.length : rest.indexOf(before);
  return at < 0 ? order : [...rest.slice(0, at), id, ...rest.slice(at)];
}

function onlyKnown<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([id]) => ids.has(id)));
}
