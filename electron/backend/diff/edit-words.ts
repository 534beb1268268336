import { assertNever } from '../../../shared/model/assert-never.ts';
import type { Edit } from '../../../shared/model/edit.ts';
import { shortName } from './run-words.ts';

/** What an edit is about, where its numbers and ids alone would say nothing to a reader. */
export interface EditObjects {
  /** Tool of a call, by the call's id. */
  readonly tool: (callId: string) => string | undefined;
  /** Role of a message of the fork's request, counted without instructions. */
  readonly role: (item: number) => string | undefined;
}

const named = 3;

/** What was changed, in few words: "tool result of find_order edited and model changed to haiku". */
export function editWords(edits: readonly Edit[], objects: EditObjects): string {
  const clauses = [...new Set(edits.map((edit) => clauseOf(edit, objects)))];
  const [first = '', ...rest] = clauses.slice(0, named);
  const more = clauses.length - named;
  const all = more > 0 ? [...rest, `${more} more ${more === 1 ? 'thing' : 'things'}`] : rest;
  const last = all.pop();
  return last === undefined ? first : `${[first, ...all].join(', ')} and ${last}`;
}

function clauseOf(edit: Edit, { tool, role }: EditObjects): string {
  switch (edit.op) {
    case 'tool_result': {
      const name = tool(edit.callId);
      return name === undefined ? 'tool result edited' : `tool result of ${shortName(name)} edited`;
    }
    case 'message':
      return edit.item === 'system' ? 'instructions edited' : `${messageName(edit.item, role(edit.item))} edited`;
    case 'remove_message':
      return `${messageName(edit.item, role(edit.item))} removed`;
    case 'insert_message':
      return `message (${edit.role}) put in`;
    case 'model':
      return `model changed to ${shortName(edit.model)}`;
    case 'provider':
      return `model changed to ${shortName(edit.model)} of ${shortName(edit.provider)}`;
    case 'params': {
      const names = Object.keys(edit.set);
      const [only] = names;
      return names.length === 1 && only !== undefined ? `parameter ${shortName(only)} changed` : 'parameters changed';
    }
    case 'tools':
      return 'offered tools changed';
    case 'prompt_rule':
      return 'text of the prompts replaced';
    case 'response':
      return 'answer written by hand';
    default:
      return assertNever(edit);
  }
}

function messageName(item: number, role: string | undefined): string {
  return role === undefined ? `message ${item}` : `message ${item} (${shortName(role)})`;
}
