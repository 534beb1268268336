import { elementsOf, sourceOf } from '../../../../base/json-cursor.ts';
import type { JsonCursor } from '../../../../base/json-cursor.ts';
import { asRecord, defined, parseJson } from '../../../../base/json-values.ts';
import type { ToolList, WireTools } from '../../wire.ts';
import { plainTextTools } from '../openai-plain-text-tools.ts';
import { listAt, nameOrType, withoutEmptyMembers } from '../tool-lists.ts';

const listMembers = ['tools'];

export const responsesTools: WireTools = {
  listMembers,
  choiceMembers: ['tool_choice', 'parallel_tool_calls'],
  lists(root) {
    // Codex offers its tools inside the conversation, in name spaces (FACTS.md, Wire shapes).
    const inInput = listAt(root, 'input')
      .flatMap(elementsOf)
      .filter((item) => asRecord(parseJson(sourceOf(item)))['type'] === 'additional_tools')
      .flatMap((item) => listAt(item, 'tools'));
    return [...listAt(root, 'tools'), ...inInput].flatMap(withSpaces);
  },
  nameOf: nameOrType,
  write: ({ name, description, parameters }, replaced) =>
    JSON.stringify({
      type: 'function',
      ...(replaced === undefined ? { strict: false, parameters: { type: 'object', properties: {} } } : {}),
      ...asRecord(replaced),
      name,
      ...defined({ description, parameters: parameters === undefined ? undefined : parseJson(parameters) }),
    }),
  writeList: (definitions) => definitions.join(','),
  withoutEmptyLists: (body) => withoutEmptyMembers(body, listMembers),
  plainTextNames: plainTextTools,
};

/** A name space is a tool that holds tools; the outer list is left alone, or its change would cover that of the inner one. */
function withSpaces(list: JsonCursor): readonly ToolList[] {
  const inner = elementsOf(list).flatMap((element) => listAt(element, 'tools'));
  return (inner.length === 0 ? [list] : inner).map((space) => ({ list: space, takesNew: true }));
}
