import { editWords } from '../../../../shared/model/edit-words.ts';
import type { EditedOriginal } from '../../../../shared/model/edit-words.ts';
import type { Edit } from '../../../../shared/model/edit.ts';
import { placeOfResult } from '../../../../shared/model/result-name.ts';
import { defined } from '../../base/json-values.ts';
import type { WireCall, WireItem, WirePart } from '../gateway/wire.ts';

/** What a take changes, in words, an edit each: against the fork's request where that is known. Each edit sees what those before it made. */
export function changesInWords(edits: readonly Edit[], call: WireCall | undefined): readonly string[] {
  if (call === undefined) return edits.map((edit) => editWords(edit));
  const items = [...call.items];
  return edits.map((edit) => {
    const words = editWords(edit, originalOf(call, items, edit));
    if (edit.op === 'remove_message') items.splice(edit.item, 1);
    if (edit.op === 'insert_message')
      items.splice(edit.item, 0, { role: edit.role, parts: [{ type: 'text', text: edit.text }] });
    return words;
  });
}

function originalOf(call: WireCall, items: readonly WireItem[], edit: Edit): EditedOriginal {
  switch (edit.op) {
    case 'message': {
      const item = edit.item === 'system' ? { role: 'system' as const, parts: call.system } : items[edit.item];
      return item === undefined ? {} : { role: item.role, ...defined({ text: textOf(item.parts, edit.part) }) };
    }
    case 'remove_message':
      return defined({ role: items[edit.item]?.role });
    case 'tool_result': {
      const found = resultOf(items, edit.callId);
      return found === undefined
        ? {}
        : { text: found.text, ...defined({ tool: found.name ?? toolOf(items, edit.callId), isError: found.isError }) };
    }
    case 'model':
    case 'provider':
      return { model: call.model };
    case 'params':
      return { parameters: call.params };
    case 'tools':
      return { tools: new Set(call.tools.map(({ name }) => name)) };
    case 'insert_message':
    case 'prompt_rule':
    case 'response':
      return {};
    default:
      return edit satisfies never;
  }
}

/** The named one of a message's texts; without a name the only one. */
function textOf(parts: readonly WirePart[], part: number | undefined): string | undefined {
  const texts = parts.flatMap((one) => (one.type === 'text' ? [one.text] : []));
  return part === undefined ? (texts.length === 1 ? texts[0] : undefined) : texts[part];
}

interface HeldResult {
  readonly callId: string | undefined;
  readonly name: string | undefined;
  readonly text: string;
  readonly isError: boolean | undefined;
}

/** The result that an edit names, by its call's id or by its tool and order (shared/model/result-name.ts). */
function resultOf(items: readonly WireItem[], named: string): HeldResult | undefined {
  const results = items.flatMap(({ parts }) =>
    parts.flatMap((part): readonly HeldResult[] =>
      part.type === 'tool_result'
        ? [{ callId: part.id, name: part.name, text: part.result, isError: part.isError }]
        : [],
    ),
  );
  return results[placeOfResult(results, named) ?? -1];
}

function toolOf(items: readonly WireItem[], callId: string): string | undefined {
  return items.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call')).find(({ id }) => id === callId)
    ?.name;
}
