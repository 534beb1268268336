import { assertNever } from '../../../../../shared/model/assert-never.ts';
import type { Edit } from '../../../../../shared/model/edit.ts';

const longest = 40;

/** What an edit changes, short enough for a chip: `model → haiku`, `temperature 0.2`, `result of call_12`. */
export function editWords(edit: Edit): string {
  switch (edit.op) {
    case 'message':
      return edit.item === 'system' ? 'instructions' : `message ${edit.item}`;
    case 'remove_message':
      return `without message ${edit.item}`;
    case 'insert_message':
      return `new ${edit.role} message “${short(edit.text)}”`;
    case 'tool_result':
      return `tool result “${short(edit.content)}”`;
    case 'model':
      return `model → ${edit.model}`;
    case 'params':
      return Object.entries(edit.set)
        .map(([name, value]) => (value === null ? `without ${name}` : `${name} ${short(JSON.stringify(value))}`))
        .join(', ');
    case 'provider':
      return `${edit.provider} · ${edit.model}`;
    case 'prompt_rule':
      return `“${short(edit.find)}” → “${short(edit.replace)}”`;
    case 'response':
      return 'answer by hand';
    case 'tools':
      return [
        ...(edit.remove ?? []).map((name) => `without tool ${name}`),
        ...(edit.add ?? []).map(({ name }) => `tool ${name}`),
      ].join(', ');
    default:
      return assertNever(edit);
  }
}

function short(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
