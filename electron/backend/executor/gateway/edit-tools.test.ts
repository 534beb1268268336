import { describe, expect, test } from 'vitest';
import type { Edit } from '../../../../shared/model/edit.ts';
import { EditRefused, editRequest } from './edit-request.ts';
import { createEditsInForce } from './edits-in-force.ts';
import type { KnownFamily } from './known-families.testing.ts';
import { formatOf, recogniseCall } from './wire-formats.ts';

type ToolsEdit = Extract<Edit, { op: 'tools' }>;

/** Two tools, in odd spacing: what is not named must keep it. */
const requests: Readonly<Record<KnownFamily, { readonly path: string; readonly body: string; readonly look: string }>> =
  {
    'openai.chat': {
      path: '/v1/chat/completions',
      look: '{"type": "function",  "function": {"name": "look", "parameters": {"type": "object"}}}',
      body: '{"model": "m", "messages": [], "tools": [LOOK, {"type":"function","function":{"name":"write","strict":true,"parameters":{}}}], "tool_choice": {"type":"function","function":{"name":"write"}}}',
    },
    'openai.responses': {
      path: '/v1/responses',
      look: '{"type": "function",  "name": "look", "parameters": {"type": "object"}}',
      body: '{"model": "m", "input": [], "tools": [LOOK, {"type":"function","name":"write","strict":true,"parameters":{}}], "tool_choice": {"type":"function","name":"write"}}',
    },
    'anthropic.messages': {
      path: '/v1/messages',
      look: '{"name": "look",  "input_schema": {"type": "object"}}',
      body: '{"model": "m", "messages": [], "tools": [LOOK, {"name":"write","input_schema":{},"cache_control":{"type":"ephemeral"}}], "tool_choice": {"type":"tool","name":"write"}}',
    },
    'gemini.generate': {
      path: '/v1beta/models/m:generateContent',
      look: '{"name": "look",  "parameters": {"type": "OBJECT"}}',
      body: '{"contents": [], "tools": [{"functionDeclarations": [LOOK, {"name":"write","parameters":{}}]}], "toolConfig": {"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["write"]}}}',
    },
  };

describe.each(Object.keys(requests) as KnownFamily[])('%s', (family) => {
  const { path, body: text, look } = requests[family];
  const body = text.replace('LOOK', look);
  const format = formatOf(family);
  const edit = (change: Omit<ToolsEdit, 'op' | 'scope'>): Edit => ({ op: 'tools', scope: 'run', ...change });
  const edited = (change: Omit<ToolsEdit, 'op' | 'scope'>, of = body): string =>
    editRequest(format, { path, body: of }, [edit(change)]).body;
  const offered = (of: string) => {
    const route = recogniseCall('POST', path)?.route;
    if (!route) throw new Error('not recognised');
    return format.readRequest(JSON.parse(of), route).tools;
  };

  test('a tool is taken away with the choice that forced it; the other one keeps every byte', () => {
    const after = edited({ remove: ['write'] });
    expect(offered(after).map(({ name }) => name)).toEqual(['look']);
    expect(after).toContain(look);
    expect(after).not.toMatch(/tool_choice|toolConfig/);
    const other = edited({ remove: ['look'] });
    expect(offered(other).map(({ name }) => name)).toEqual(['write']);
    expect(other).toMatch(/tool_choice|toolConfig/);
  });

  test('without any tool left, the members about tools go: providers refuse them', () => {
    const after = JSON.parse(edited({ remove: ['look', 'write'] })) as object;
    expect(Object.keys(after).filter((key) => /tool/.test(key))).toEqual([]);
  });

  test('a new tool is offered beside the others, or alone', () => {
    const definition = {
      name: 'send',
      description: 'Sends.',
      parameters: '{"properties":{"to":{"type":"string"}},"type":"object"}',
    };
    const after = edited({ add: [definition] });
    expect(offered(after).map(({ name }) => name)).toEqual(['look', 'write', 'send']);
    expect(offered(after)[2]).toEqual(definition);
    expect(after).toContain(look);
    const alone = edited(
      { add: [definition] },
      family === 'gemini.generate'
        ? '{"contents":[]}'
        : family === 'openai.responses'
          ? '{"input":[]}'
          : '{"messages":[]}',
    );
    expect(offered(alone)).toEqual([definition]);
  });

  test('a tool of the same name is replaced in its place, with what the definition does not say', () => {
    const after = edited({ add: [{ name: 'write', description: 'Writes, now explained.' }] });
    expect(offered(after).map(({ name, description }) => [name, description])).toEqual([
      ['look', undefined],
      ['write', 'Writes, now explained.'],
    ]);
    if (family === 'openai.chat' || family === 'openai.responses') expect(after).toContain('"strict":true');
    if (family === 'anthropic.messages') expect(after).toContain('"cache_control":{"type":"ephemeral"}');
  });

  test('what is not offered is refused at the fork, with what is', () => {
    expect(() => edited({ remove: ['rm'] })).toThrow(
      new EditRefused('The request offers no tool rm. It offers: look, write.'),
    );
    expect(() => edited({ add: [{ name: 'x', parameters: 'no JSON' }] })).toThrow(
      'The parameters of tool x are not a JSON object.',
    );
  });

  test('it stays in force in later requests of the run, and leaves those alone that offer no tools', () => {
    const change = [edit({ remove: ['write'], add: [{ name: 'send', parameters: '{"type":"object"}' }] })];
    const outgoing = editRequest(format, { path, body }, change);
    const later = (own: readonly Edit[]) =>
      createEditsInForce(format, { live: body, recorded: body, outgoing: outgoing.body }, { own, inherited: [] }).apply(
        { path, body },
        true,
      ).request.body;
    expect(offered(later(change)).map(({ name }) => name)).toEqual(['look', 'send']);
    const bare = family === 'gemini.generate' ? '{"contents":[]}' : '{"messages":[]}';
    expect(editRequest(format, { path, body: bare }, change, { lasting: true }).body).toBe(bare);
    expect(offered(later([{ op: 'tools', scope: 'fork', remove: ['write'] }])).map(({ name }) => name)).toEqual([
      'look',
      'write',
    ]);
  });
});

test('tools that Codex offers inside the conversation are found in their name spaces', () => {
  const item =
    '{"type":"additional_tools","tools":[{"type":"namespace","name":"functions","tools":[{"type":"custom","name":"exec"},{"type":"function","name":"wait","parameters":{}}]}]}';
  const { body } = editRequest(
    formatOf('openai.responses'),
    { path: '/v1/responses', body: `{"model":"m","input":[${item}]}` },
    [{ op: 'tools', scope: 'run', remove: ['exec'] }],
  );
  expect(body).toBe(
    '{"model":"m","input":[{"type":"additional_tools","tools":[{"type":"namespace","name":"functions","tools":[{"type":"function","name":"wait","parameters":{}}]}]}]}',
  );
});

test("Gemini's own tools stay when the declared ones go", () => {
  const { body } = editRequest(
    formatOf('gemini.generate'),
    {
      path: '/v1beta/models/m:generateContent',
      body: '{"contents":[],"tools":[{"googleSearch":{}},{"functionDeclarations":[{"name":"f"}]}]}',
    },
    [{ op: 'tools', scope: 'run', remove: ['f'], add: [] }],
  );
  expect(JSON.parse(body)).toEqual({ contents: [], tools: [{ googleSearch: {} }] });
});
