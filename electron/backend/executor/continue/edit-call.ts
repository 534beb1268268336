import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { Edit } from '../../../../shared/model/edit.ts';
import { placeOfResult, resultNames } from '../../../../shared/model/result-name.ts';
import { asRecord, defined, isRecord, parseJson } from '../../base/json-values.ts';
import { EditRefused, isOwnMember } from '../gateway/edit-request.ts';
import type { WireCall, WireItem, WirePart } from '../gateway/wire.ts';

/** A request with who is to answer it; `provider` undefined: the run's own. */
export interface EditedCall {
  readonly call: WireCall;
  readonly provider: string | undefined;
}

/**
 * The same edits with the same numbering as in the gateway (edit-request.ts), on the call as it is read in one way for all formats:
 * a trace has no request that could be edited byte for byte. Throws EditRefused where an edit does not fit.
 */
export function editCall(call: WireCall, edits: readonly Edit[]): EditedCall {
  return edits.reduce<EditedCall>((edited, edit) => applyEdit(edited, edit), { call, provider: undefined });
}

/** What holds for the calls after the fork: an edit of messages is in the conversation already. */
export function editsAfterFork(edits: readonly Edit[]): readonly Edit[] {
  return edits.filter((edit) => !('scope' in edit) || edit.scope === 'run');
}

function applyEdit({ call, provider }: EditedCall, edit: Edit): EditedCall {
  switch (edit.op) {
    case 'provider':
      return { call: { ...call, model: edit.model }, provider: edit.provider };
    case 'model':
      return { call: { ...call, model: edit.model }, provider };
    case 'response':
      return { call, provider };
    default:
      return { provider, call: editContent(call, edit) };
  }
}

function editContent(call: WireCall, edit: Exclude<Edit, { op: 'provider' | 'model' | 'response' }>): WireCall {
  switch (edit.op) {
    case 'message': {
      if (edit.item === 'system')
        return {
          ...call,
          system: call.system.some(({ type }) => type === 'text')
            ? replaceText(call.system, edit, 'The instructions have')
            : [{ type: 'text', text: edit.text }, ...call.system],
        };
      const item = itemOf(call, edit.item);
      return withItem(call, edit.item, { ...item, parts: replaceText(item.parts, edit, `Message ${edit.item} has`) });
    }
    case 'remove_message': {
      itemOf(call, edit.item);
      return { ...call, items: call.items.toSpliced(edit.item, 1) };
    }
    case 'insert_message': {
      if (edit.item > call.items.length)
        throw new EditRefused(`The request has ${call.items.length} messages: a new one cannot stand at ${edit.item}.`);
      return {
        ...call,
        items: call.items.toSpliced(edit.item, 0, { role: edit.role, parts: [{ type: 'text', text: edit.text }] }),
      };
    }
    case 'tool_result': {
      const held = call.items.flatMap(({ parts }, item) =>
        parts.flatMap((part, at) =>
          part.type === 'tool_result' ? [{ item, at, part, callId: part.id, name: part.name }] : [],
        ),
      );
      const found = held[placeOfResult(held, edit.callId) ?? -1];
      if (!found)
        throw new EditRefused(
          `The request holds no result of call ${edit.callId}. It holds results of: ${resultNames(held).join(', ') || 'no call'}.`,
        );
      const item = itemOf(call, found.item);
      const part: WirePart = { ...found.part, result: edit.content, ...defined({ isError: edit.isError }) };
      return withItem(call, found.item, { ...item, parts: item.parts.with(found.at, part) });
    }
    case 'params': {
      const params = new Map(call.params);
      for (const [key, value] of Object.entries(edit.set)) {
        if (isOwnMember(key)) throw new EditRefused(`${key} is not a parameter: use the edit that is made for it.`);
        if (value === null) params.delete(key);
        else params.set(key, value);
      }
      return { ...call, params };
    }
    case 'tools':
      return editTools(call, edit);
    case 'prompt_rule': {
      const replaced = (parts: readonly WirePart[]): readonly WirePart[] =>
        parts.map((part) =>
          part.type === 'text' ? { ...part, text: part.text.replaceAll(edit.find, () => edit.replace) } : part,
        );
      return {
        ...call,
        system: edit.where === 'user' ? call.system : replaced(call.system),
        items:
          edit.where === 'system'
            ? call.items
            : call.items.map((item) => (item.role === 'user' ? { ...item, parts: replaced(item.parts) } : item)),
      };
    }
    default:
      return assertNever(edit);
  }
}

function editTools(call: WireCall, edit: Extract<Edit, { op: 'tools' }>): WireCall {
  const removed = new Set(edit.remove ?? []);
  const added = new Map((edit.add ?? []).map((tool) => [tool.name, tool]));
  const missing = [...removed].find((name) => !call.tools.some((tool) => tool.name === name));
  if (missing !== undefined)
    throw new EditRefused(
      `The request offers no tool ${missing}. It offers: ${call.tools.map(({ name }) => name).join(', ') || 'none'}.`,
    );
  const invalid = [...added.values()].find(
    ({ parameters }) => parameters !== undefined && !isRecord(parseJson(parameters)),
  );
  if (invalid) throw new EditRefused(`The parameters of tool ${invalid.name} are not a JSON object.`);
  const kept = call.tools.flatMap((tool) =>
    removed.has(tool.name) && !added.has(tool.name) ? [] : [added.get(tool.name) ?? tool],
  );
  const tools = [...kept, ...[...added.values()].filter(({ name }) => !call.tools.some((tool) => tool.name === name))];
  const params = new Map(call.params);
  for (const name of ['tool_choice', 'toolConfig', 'tool_config'])
    if (tools.length === 0 || [...removed].some((gone) => namesTool(params.get(name), gone))) params.delete(name);
  return { ...call, tools, params };
}

function namesTool(choice: unknown, name: string): boolean {
  return asRecord(choice)['name'] === name || asRecord(asRecord(choice)['function'])['name'] === name;
}

function itemOf(call: WireCall, at: number): WireItem {
  const item = call.items[at];
  if (!item)
    throw new EditRefused(`The request has ${call.items.length} messages, counted from 0; there is no message ${at}.`);
  return item;
}

function withItem(call: WireCall, at: number, item: WireItem): WireCall {
  return { ...call, items: call.items.with(at, item) };
}

function replaceText(
  parts: readonly WirePart[],
  { part: wanted, text }: Extract<Edit, { op: 'message' }>,
  what: string,
): readonly WirePart[] {
  const places = parts.flatMap((part, at) => (part.type === 'text' ? [at] : []));
  if (places.length === 0) throw new EditRefused(`${what} no text to replace.`);
  if (wanted === undefined && places.length > 1)
    throw new EditRefused(`${what} ${places.length} texts: say which with "part", counted from 0.`);
  const place = places[wanted ?? 0];
  if (place === undefined)
    throw new EditRefused(
      `${what} ${places.length} ${places.length === 1 ? 'text' : 'texts'}, counted from 0; there is no part ${wanted}.`,
    );
  return parts.with(place, { type: 'text', text });
}
