import { create } from 'zustand';
import { emptyForm } from './edit-form.ts';
import type { EditForm } from './edit-form.ts';
import type { HowForm } from './how-form.ts';

/**
 * What was typed into the sheet, kept for as long as the window lives: closing it asks nothing and loses nothing. Edits belong to a
 * step of a run, the way to run it to the run.
 */
interface RerunDrafts {
  readonly edits: ReadonlyMap<string, EditForm>;
  readonly hows: ReadonlyMap<string, HowForm>;
}

const useDrafts = create<RerunDrafts>(() => ({ edits: new Map(), hows: new Map() }));

export function draftKey(runId: string, forkStep: number): string {
  return `${runId} ${forkStep}`;
}

export function useEditForm(key: string): EditForm {
  return useDrafts((state) => state.edits.get(key)) ?? emptyForm;
}

export function changeEditForm(key: string, change: (form: EditForm) => EditForm): void {
  useDrafts.setState((state) => ({ edits: new Map(state.edits).set(key, change(state.edits.get(key) ?? emptyForm)) }));
}

/** Undefined until something was chosen. */
export function useHowForm(runId: string): HowForm | undefined {
  return useDrafts((state) => state.hows.get(runId));
}

export function setHowForm(runId: string, how: HowForm): void {
  useDrafts.setState((state) => ({ hows: new Map(state.hows).set(runId, how) }));
}
