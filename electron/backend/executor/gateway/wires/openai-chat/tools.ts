import { asRecord, defined, isRecord, parseJson } from '../../../../base/json-values.ts';
import type { JsonRecord } from '../../../../base/json-values.ts';
import type { WireTools } from '../../wire.ts';
import { plainTextTools } from '../openai-plain-text-tools.ts';
import { listAt, nameOrType, withoutEmptyMembers } from '../tool-lists.ts';

const listMembers = ['tools', 'functions'];

/** `tools`, and `functions` as clients before 2024 write them, which are not added to. */
export const chatTools: WireTools = {
  listMembers,
  choiceMembers: ['tool_choice', 'function_call', 'parallel_tool_calls'],
  lists: (root) => [
    ...listAt(root, 'tools').map((list) => ({ list, takesNew: true })),
    ...listAt(root, 'functions').map((list) => ({ list, takesNew: false })),
  ],
  nameOf: (definition) => {
    const { name } = bodyOf(definition);
    return nameOrType({ name, type: definition['type'] });
  },
  write({ name, description, parameters }, replaced) {
    const before = asRecord(replaced);
    const definition = {
      ...bodyOf(before),
      name,
      ...defined({ description, parameters: parameters === undefined ? undefined : parseJson(parameters) }),
    };
    if (replaced !== undefined && bodyOf(before) === before) return JSON.stringify(definition);
    return JSON.stringify(
      isRecord(before['custom'])
        ? { ...before, custom: definition }
        : { ...before, type: 'function', function: definition },
    );
  },
  writeList: (definitions) => definitions.join(','),
  withoutEmptyLists: (body) => withoutEmptyMembers(body, listMembers),
  plainTextNames: plainTextTools,
};

function bodyOf(tool: JsonRecord): JsonRecord {
  return isRecord(tool['function']) ? tool['function'] : isRecord(tool['custom']) ? tool['custom'] : tool;
}
