import type { Edit } from '../../../../shared/model/edit.ts';

/** What became of an edit in one live call. gone: the agent no longer sends what it is about. lost: it is there, and could not be edited. */
export interface EditState {
  /** Place in the take's list of edits. */
  readonly edit: number;
  readonly state: 'kept' | 'gone' | 'lost';
}

/** The edits that hold for every live call, not for the fork's alone. */
export function runEdits(edits: readonly Edit[]): readonly Edit[] {
  return edits.filter(
    (edit) =>
      edit.op === 'prompt_rule' ||
      ((edit.op === 'model' || edit.op === 'provider' || edit.op === 'params' || edit.op === 'tools') &&
        edit.scope === 'run'),
  );
}

/** About what the model sees of the conversation. */
export function isOfContext({ op }: Edit): boolean {
  return op === 'message' || op === 'remove_message' || op === 'insert_message' || op === 'tool_result';
}
