import { readStep, stepsOf } from '../library/queries/steps.ts';
import { hasOwnSource } from '../read/step-content.ts';
import type { SaidEdits } from './alignment.ts';
import { editWords } from './edit-words.ts';
import type { Relation } from './lineage.ts';
import type { RunComparer } from './run-comparer.ts';

/** What takes changed, with the names that a reader knows it by. */
export function sayEdits(
  comparer: RunComparer,
  runs: { readonly a: string; readonly b: string },
  { edited, editedTools }: Relation,
): SaidEdits {
  return {
    editedTools,
    edited: edited.map(({ side, step, edits }) => {
      const runId = runs[side];
      const tools = new Map<string, string>();
      if (edits.some(({ op }) => op === 'tool_result'))
        for (const { step: one } of stepsOf(comparer, runId)) {
          const { tool } = one.facts;
          if (tool?.callId !== undefined) tools.set(tool.callId, tool.name);
        }
      const roles = edits.some(({ op }) => op === 'message') ? rolesAt(comparer, runId, step) : [];
      // Other edits move the messages: then the number alone is sure.
      const isMoved = edits.some(({ op }) => op === 'remove_message' || op === 'insert_message');
      return {
        side,
        step,
        byHand: edits.some(({ op }) => op === 'response'),
        words: editWords(edits, {
          tool: (callId) => tools.get(callId),
          role: (item) => (isMoved ? undefined : roles[item]),
        }),
      };
    }),
  };
}

/** Roles of the messages that a step's model saw, instructions left out as edits count them. */
function rolesAt({ contents, ...reader }: RunComparer, runId: string, index: number): readonly string[] {
  const { step } = readStep(reader, runId, index);
  const content = hasOwnSource(step) ? contents.content(runId, step.spanSeq)?.content : undefined;
  return (content?.input ?? []).flatMap(({ role }) => (role === 'system' || role === 'developer' ? [] : [role]));
}
