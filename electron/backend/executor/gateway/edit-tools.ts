import type { Edit } from '../../../../shared/model/edit.ts';
import {
  applySplices,
  elementsOf,
  memberOf,
  replaceWith,
  rootCursor,
  setMember,
  sourceOf,
} from '../../base/json-cursor.ts';
import type { JsonCursor } from '../../base/json-cursor.ts';
import { asRecord, isRecord, parseJson } from '../../base/json-values.ts';
import type { WireFormat } from './wire.ts';
import { listAt, withoutMembers } from './wires/tool-lists.ts';

type ToolsEdit = Extract<Edit, { op: 'tools' }>;

/** What the edit did to a request, or why it cannot be done. */
export type EditedTools = { readonly body: string; readonly problem?: undefined } | { readonly problem: string };

/**
 * Changes what tools a request offers. Definitions that are neither removed nor replaced stay byte for byte. `lasting`: the edit
 * was made at the fork and this is another request of the run: a tool that is not offered here is not missed, and a request
 * without tools (a title, a summary) gets none.
 */
export function editTools(format: WireFormat, body: string, edit: ToolsEdit, lasting: boolean): EditedTools {
  const root = rootCursor(body);
  const { tools } = format;
  const lists = tools.lists(root);
  const nameOf = (element: JsonCursor): string => tools.nameOf(asRecord(parseJson(sourceOf(element))));
  const offered = new Set(lists.flatMap(({ list }) => elementsOf(list).map(nameOf)));
  if (lasting && offered.size === 0) return { body };
  const removed = new Set(edit.remove ?? []);
  const added = new Map((edit.add ?? []).map((tool) => [tool.name, tool]));
  const missing = lasting ? undefined : [...removed].find((name) => !offered.has(name));
  if (missing !== undefined)
    return { problem: `The request offers no tool ${missing}. It offers: ${[...offered].join(', ') || 'none'}.` };
  const invalid = [...added.values()].find(
    ({ parameters }) => parameters !== undefined && !isRecord(parseJson(parameters)),
  );
  if (invalid) return { problem: `The parameters of tool ${invalid.name} are not a JSON object.` };

  const fresh = [...added.values()]
    .filter(({ name }) => !offered.has(name))
    .map((tool) => tools.write(tool, undefined));
  let left = fresh.length;
  // The first list that takes functions gets what is new.
  const target = lists.find(({ takesNew }) => takesNew);
  const splices = lists.map((entry) => {
    const kept = elementsOf(entry.list).flatMap((element) => {
      const name = nameOf(element);
      const replacement = added.get(name);
      if (replacement) return [tools.write(replacement, parseJson(sourceOf(element)))];
      return removed.has(name) ? [] : [sourceOf(element)];
    });
    left += kept.length;
    return replaceWith(entry.list, `[${[...kept, ...(entry === target ? fresh : [])].join(',')}]`);
  });
  let edited = applySplices(
    body,
    splices.filter(({ start, end, replacement }) => body.slice(start, end) !== replacement),
  );
  if (!target && fresh.length > 0) edited = withNewList(format, edited, fresh);
  const trimmed = tools.withoutEmptyLists(edited);
  // Tools that a provider runs itself need not be in the lists.
  if (left === 0 && memberOf(rootCursor(trimmed), 'tools') === undefined)
    return { body: withoutMembers(trimmed, [...tools.listMembers, ...tools.choiceMembers]) };
  return {
    body: withoutMembers(
      trimmed,
      tools.choiceMembers.filter((key) => names(memberOf(rootCursor(trimmed), key), removed)),
    ),
  };
}

function withNewList({ tools }: WireFormat, body: string, fresh: readonly string[]): string {
  const root = rootCursor(body);
  const present = listAt(root, 'tools')[0];
  const others = present ? elementsOf(present).map(sourceOf) : [];
  const splice = setMember(root, 'tools', `[${[...others, tools.writeList(fresh)].join(',')}]`);
  return splice ? applySplices(body, [splice]) : body;
}

/** A choice that forces a tool which is no longer offered. */
function names(choice: JsonCursor | undefined, removed: ReadonlySet<string>): boolean {
  return choice !== undefined && mentions(parseJson(sourceOf(choice)), removed, 4);
}

function mentions(value: unknown, removed: ReadonlySet<string>, depth: number): boolean {
  if (typeof value === 'string') return removed.has(value);
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.some((item) => mentions(item, removed, depth - 1));
  return (
    isRecord(value) &&
    Object.entries(value).some(([key, item]) => key !== 'type' && key !== 'mode' && mentions(item, removed, depth - 1))
  );
}
