import type { Edit } from '../../../../shared/model/edit.ts';
import type { ToolDefinition } from '../../../../shared/model/message.ts';
import {
  applySplices,
  elementsOf,
  kindOf,
  memberOf,
  membersOf,
  replaceWith,
  rootCursor,
  setMember,
  sourceOf,
} from '../../base/json-cursor.ts';
import type { JsonCursor } from '../../base/json-cursor.ts';
import { asRecord, asText, defined, isRecord, parseJson } from '../../base/json-values.ts';
import type { WireFamily } from './wire.ts';

type ToolsEdit = Extract<Edit, { op: 'tools' }>;

/** What the edit did to a request, or why it cannot be done. */
export type EditedTools = { readonly body: string; readonly problem?: undefined } | { readonly problem: string };

/**
 * Changes what tools a request offers. Definitions that are neither removed nor replaced stay byte for byte. `lasting`: the edit
 * was made at the fork and this is another request of the run: a tool that is not offered here is not missed, and a request
 * without tools (a title, a summary) gets none.
 */
export function editTools(family: WireFamily, body: string, edit: ToolsEdit, lasting: boolean): EditedTools {
  const root = rootCursor(body);
  const lists = listsOf(family, root);
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
    .map((tool) => written(family, tool, undefined));
  let left = fresh.length;
  // The first list that takes functions gets what is new.
  const target = lists.find(({ takesNew }) => takesNew);
  const splices = lists.map((entry) => {
    const kept = elementsOf(entry.list).flatMap((element) => {
      const name = nameOf(element);
      const replacement = added.get(name);
      if (replacement) return [written(family, replacement, parseJson(sourceOf(element)))];
      return removed.has(name) ? [] : [sourceOf(element)];
    });
    left += kept.length;
    return replaceWith(entry.list, `[${[...kept, ...(entry === target ? fresh : [])].join(',')}]`);
  });
  let edited = applySplices(
    body,
    splices.filter(({ start, end, replacement }) => body.slice(start, end) !== replacement),
  );
  if (!target && fresh.length > 0) edited = withNewList(family, edited, fresh);
  const trimmed = withoutEmptyLists(family, edited);
  // Gemini's own tools are not in the lists.
  if (left === 0 && memberOf(rootCursor(trimmed), 'tools') === undefined)
    return { body: withoutMembers(trimmed, membersAboutTools) };
  return {
    body: withoutMembers(
      trimmed,
      membersAboutTools.filter(
        (key) => key !== 'tools' && key !== 'functions' && names(memberOf(rootCursor(trimmed), key), removed),
      ),
    ),
  };
}

/** Without tools, providers refuse these. */
const membersAboutTools = [
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'toolConfig',
  'tool_config',
];

interface ToolList {
  readonly list: JsonCursor;
  readonly takesNew: boolean;
}

/** Lists of tool definitions, wherever the format or its client puts them. */
function listsOf(family: WireFamily, root: JsonCursor): readonly ToolList[] {
  const tools = listAt(root, 'tools');
  switch (family) {
    case 'openai.chat':
      return [
        ...tools.map((list) => ({ list, takesNew: true })),
        ...listAt(root, 'functions').map((list) => ({ list, takesNew: false })),
      ];
    case 'anthropic.messages':
      return tools.map((list) => ({ list, takesNew: true }));
    case 'gemini.generate':
      return declarationsOf(root).map((list) => ({ list, takesNew: true }));
    case 'openai.responses': {
      // Codex offers its tools inside the conversation, in name spaces (rerun.md 3.1).
      const inInput = listAt(root, 'input')
        .flatMap(elementsOf)
        .filter((item) => asRecord(parseJson(sourceOf(item)))['type'] === 'additional_tools')
        .flatMap((item) => listAt(item, 'tools'));
      return [...tools, ...inInput].flatMap((list) => withSpaces(list, true));
    }
    default:
      return [];
  }
}

/** A name space is a tool that holds tools; the outer list is left alone, or its change would cover that of the inner one. */
function withSpaces(list: JsonCursor, takesNew: boolean): readonly ToolList[] {
  const inner = elementsOf(list).flatMap((element) => listAt(element, 'tools'));
  return inner.length === 0 ? [{ list, takesNew }] : inner.map((space) => ({ list: space, takesNew }));
}

function declarationsOf(root: JsonCursor): readonly JsonCursor[] {
  return listAt(root, 'tools')
    .flatMap(elementsOf)
    .flatMap((tool) => [...listAt(tool, 'functionDeclarations'), ...listAt(tool, 'function_declarations')]);
}

function listAt(holder: JsonCursor, key: string): readonly JsonCursor[] {
  const list = memberOf(holder, key);
  return list && kindOf(list) === 'array' ? [list] : [];
}

function nameOf(element: JsonCursor): string {
  const tool = asRecord(parseJson(sourceOf(element)));
  const body = bodyOf(tool);
  return asText(body['name']) ?? asText(tool['type']) ?? '';
}

function bodyOf(tool: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isRecord(tool['function']) ? tool['function'] : isRecord(tool['custom']) ? tool['custom'] : tool;
}

/** What the definition does not say stays as the replaced one has it. */
function written(family: WireFamily, { name, description, parameters }: ToolDefinition, replaced: unknown): string {
  const before = asRecord(replaced);
  const schema = parameters === undefined ? undefined : parseJson(parameters);
  switch (family) {
    case 'openai.chat': {
      const definition = { ...bodyOf(before), name, ...defined({ description, parameters: schema }) };
      if (replaced !== undefined && bodyOf(before) === before) return JSON.stringify(definition);
      return JSON.stringify(
        isRecord(before['custom'])
          ? { ...before, custom: definition }
          : { ...before, type: 'function', function: definition },
      );
    }
    case 'openai.responses':
      return JSON.stringify({
        type: 'function',
        ...(replaced === undefined ? { strict: false, parameters: { type: 'object', properties: {} } } : {}),
        ...before,
        name,
        ...defined({ description, parameters: schema }),
      });
    case 'anthropic.messages':
      return JSON.stringify({
        ...(replaced === undefined ? { input_schema: { type: 'object' } } : {}),
        ...before,
        name,
        ...defined({ description, input_schema: schema }),
      });
    case 'gemini.generate': {
      const { parameters: _old, parametersJsonSchema: _oldSchema, ...rest } = before;
      return JSON.stringify({
        ...(schema === undefined ? before : rest),
        name,
        ...defined({ description, parametersJsonSchema: schema }),
      });
    }
    default:
      return '';
  }
}

function withNewList(family: WireFamily, body: string, fresh: readonly string[]): string {
  const root = rootCursor(body);
  const list = family === 'gemini.generate' ? `{"functionDeclarations":[${fresh.join(',')}]}` : fresh.join(',');
  const present = listAt(root, 'tools')[0];
  const others = present ? elementsOf(present).map(sourceOf) : [];
  const splice = setMember(root, 'tools', `[${[...others, list].join(',')}]`);
  return splice ? applySplices(body, [splice]) : body;
}

/** A Gemini tool without declarations goes where it holds nothing else; so does an empty list where the tools are in another. */
function withoutEmptyLists(family: WireFamily, body: string): string {
  const root = rootCursor(body);
  if (family !== 'gemini.generate')
    return withoutMembers(
      body,
      ['tools', 'functions'].filter((key) => listAt(root, key).some((list) => elementsOf(list).length === 0)),
    );
  const [tools] = listAt(root, 'tools');
  if (!tools) return body;
  const kept = elementsOf(tools).filter(
    (tool) =>
      membersOf(tool).length !== 1 ||
      declarationsOf(rootCursor(`{"tools":[${sourceOf(tool)}]}`)).every((list) => elementsOf(list).length > 0),
  );
  if (kept.length === elementsOf(tools).length) return body;
  return kept.length === 0
    ? withoutMembers(body, ['tools'])
    : applySplices(body, [replaceWith(tools, `[${kept.map(sourceOf).join(',')}]`)]);
}

function withoutMembers(body: string, keys: readonly string[]): string {
  return keys.reduce((text, key) => {
    const splice = setMember(rootCursor(text), key, undefined);
    return splice ? applySplices(text, [splice]) : text;
  }, body);
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
