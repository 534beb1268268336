import {
  applySplices,
  elementsOf,
  membersOf,
  replaceWith,
  rootCursor,
  sourceOf,
} from '../../../../base/json-cursor.ts';
import type { JsonCursor } from '../../../../base/json-cursor.ts';
import { asRecord, defined, parseJson } from '../../../../base/json-values.ts';
import type { WireTools } from '../../wire.ts';
import { listAt, nameOrType, withoutMembers } from '../tool-lists.ts';

/** A tool is a list of function declarations, or something that Google runs. */
export const generateTools: WireTools = {
  listMembers: ['tools'],
  choiceMembers: ['toolConfig', 'tool_config'],
  lists: (root) =>
    listAt(root, 'tools')
      .flatMap(elementsOf)
      .flatMap(declarationsOf)
      .map((list) => ({ list, takesNew: true })),
  nameOf: nameOrType,
  write({ name, description, parameters }, replaced) {
    const before = asRecord(replaced);
    const schema = parameters === undefined ? undefined : parseJson(parameters);
    const { parameters: _old, parametersJsonSchema: _oldSchema, ...rest } = before;
    return JSON.stringify({
      ...(schema === undefined ? before : rest),
      name,
      ...defined({ description, parametersJsonSchema: schema }),
    });
  },
  writeList: (definitions) => `{"functionDeclarations":[${definitions.join(',')}]}`,
  /** A tool without declarations goes where it holds nothing else. */
  withoutEmptyLists(body) {
    const [tools] = listAt(rootCursor(body), 'tools');
    if (!tools) return body;
    const kept = elementsOf(tools).filter(
      (tool) => membersOf(tool).length !== 1 || declarationsOf(tool).every((list) => elementsOf(list).length > 0),
    );
    if (kept.length === elementsOf(tools).length) return body;
    return kept.length === 0
      ? withoutMembers(body, ['tools'])
      : applySplices(body, [replaceWith(tools, `[${kept.map(sourceOf).join(',')}]`)]);
  },
  plainTextNames: () => new Set(),
};

function declarationsOf(tool: JsonCursor): readonly JsonCursor[] {
  return [...listAt(tool, 'functionDeclarations'), ...listAt(tool, 'function_declarations')];
}
