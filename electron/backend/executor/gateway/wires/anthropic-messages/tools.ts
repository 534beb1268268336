import { asRecord, defined, parseJson } from '../../../../base/json-values.ts';
import type { WireTools } from '../../wire.ts';
import { listAt, nameOrType, withoutEmptyMembers } from '../tool-lists.ts';

const listMembers = ['tools'];

export const messagesTools: WireTools = {
  listMembers,
  choiceMembers: ['tool_choice'],
  lists: (root) => listAt(root, 'tools').map((list) => ({ list, takesNew: true })),
  nameOf: nameOrType,
  write: ({ name, description, parameters }, replaced) =>
    JSON.stringify({
      ...(replaced === undefined ? { input_schema: { type: 'object' } } : {}),
      ...asRecord(replaced),
      name,
      ...defined({ description, input_schema: parameters === undefined ? undefined : parseJson(parameters) }),
    }),
  writeList: (definitions) => definitions.join(','),
  withoutEmptyLists: (body) => withoutEmptyMembers(body, listMembers),
  // `type: custom` is the ordinary kind of tool here: its input is JSON.
  plainTextNames: () => new Set(),
};
