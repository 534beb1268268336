import { expect, test } from 'vitest';
import { spanOf } from './conventions.testing.ts';
import { readFacts } from './conventions.ts';

test('a hook names the tool that it watches and fails on its own: it is no tool', () => {
  const facts = readFacts(
    spanOf({
      name: 'qwen-code.hook',
      scope: 'qwen-code',
      statusCode: 2,
      attributes: [
        ['tool.name', 'read_file'],
        ['tool.use_id', 't1'],
      ],
    }),
  );
  expect(facts).toMatchObject({ kind: 'other', subKind: 'hook', hidden: true, tool: undefined });
});

test('its tools are tools, and what is within them is folded away', () => {
  const kindOf = (name: string) =>
    readFacts(spanOf({ name, scope: 'qwen-code', attributes: [['tool_name', 'read_file']] }));
  expect(kindOf('qwen-code.tool').kind).toBe('tool');
  expect([kindOf('qwen-code.tool.execution').hidden, kindOf('qwen-code.tool.blocked_on_user').hidden]).toEqual([
    true,
    true,
  ]);
});
