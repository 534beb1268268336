import { create } from 'zustand';
import type { PreparedTake } from '../../../../../shared/model/finding.ts';
import { emptyForm, formOf, messageCount } from './edit-form.ts';
import type { EditForm, ForkRequest } from './edit-form.ts';
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

type Changes = PreparedTake['changes'];
const proposed = new Map<string, Changes>();

/** The sheet begins with these changes when it opens next, instead of what was typed before. */
export function proposeChanges(key: string, changes: Changes): void {
  proposed.set(key, changes);
}

/** Puts proposed changes into the form, once; what fits no message of the request is said. */
export function applyProposed(key: string, request: ForkRequest): readonly string[] {
  const changes = proposed.get(key);
  proposed.delete(key);
  if (changes === undefined || changes.length === 0) return [];
  const { form, problems } = formOf(
    changes.map((change) =>
      change.type === 'edit'
        ? change.edit
        : { op: 'insert_message', item: messageCount(request), role: 'user', text: change.text },
    ),
    request,
  );
  changeEditForm(key, () => form);
  return problems;
}
