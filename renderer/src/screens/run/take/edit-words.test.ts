import { expect, test } from 'vitest';
import { editWords } from './edit-words.ts';

test('each edit in a few words', () => {
  expect([
    editWords({ op: 'message', item: 'system', text: 'x' }),
    editWords({ op: 'message', item: 3, text: 'x' }),
    editWords({ op: 'remove_message', item: 2 }),
    editWords({ op: 'insert_message', item: 9, role: 'user', text: 'Try the other file\nplease' }),
    editWords({ op: 'tool_result', callId: 'c', content: `${'long '.repeat(20)}` }),
    editWords({ op: 'model', model: 'haiku', scope: 'run' }),
    editWords({ op: 'params', set: { temperature: 0.2, top_p: null }, scope: 'run' }),
    editWords({ op: 'prompt_rule', find: 'a', replace: 'b', where: 'all' }),
    editWords({ op: 'response', parts: [{ type: 'text', text: 'x' }] }),
    editWords({ op: 'tools', remove: ['bash'], add: [{ name: 'read_file' }], scope: 'run' }),
  ]).toEqual([
    'instructions',
    'message 3',
    'without message 2',
    'new user message “Try the other file”',
    'tool result “long long long long long long long long…”',
    'model → haiku',
    'temperature 0.2, without top_p',
    '“a” → “b”',
    'answer by hand',
    'without tool bash, tool read_file',
  ]);
});
