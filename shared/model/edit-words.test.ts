import { expect, test } from 'vitest';
import { changeWords, editWords } from './edit-words.ts';

test('where nothing is known of what stood there, an edit says what is new, and no more', () => {
  expect([
    editWords({ op: 'message', item: 'system', text: 'Be short.' }),
    editWords({ op: 'message', item: 3, text: 'x\ny' }),
    editWords({ op: 'remove_message', item: 2 }),
    editWords({ op: 'insert_message', item: 9, role: 'user', text: 'Try the other file\nplease' }),
    editWords({ op: 'tool_result', callId: 'c', content: `${'long '.repeat(20)}` }),
    editWords({ op: 'tool_result', callId: 'c', content: 'no', isError: true }),
    editWords({ op: 'model', model: 'haiku', scope: 'run' }),
    editWords({ op: 'params', set: { temperature: 0.2, top_p: null }, scope: 'fork' }),
    editWords({ op: 'provider', provider: 'anthropic', model: 'haiku', scope: 'run' }),
    editWords({ op: 'prompt_rule', find: 'a', replace: 'b', where: 'all' }),
    editWords({ op: 'response', parts: [{ type: 'text', text: 'x' }] }),
    editWords({ op: 'response', parts: [{ type: 'tool_call', id: 'c', name: 'bash', arguments: '{}' }] }),
    editWords({ op: 'tools', remove: ['bash'], add: [{ name: 'read_file' }], scope: 'run' }),
  ]).toEqual([
    'instructions: “Be short.”',
    'message 3: “x…”',
    'without message 2',
    'new user message “Try the other file…”',
    'tool result: “long long long long long long long long…”',
    'tool result: “no”, as an error',
    'model → haiku',
    'temperature 0.2, without top_p (the fork’s call only)',
    'model → haiku of anthropic',
    '“a” → “b” in all prompts',
    'answer written by hand: “x”',
    'answer written by hand: calls bash',
    'without tool bash, new tool read_file',
  ]);
});

test('with the original, an edit says what became what', () => {
  expect([
    editWords({ op: 'message', item: 'system', text: 'a\nB\nC\nd' }, { text: 'a\nb\nd' }),
    editWords({ op: 'message', item: 0, text: 'the price of coffee' }, { role: 'user', text: 'the price of tea' }),
    editWords({ op: 'remove_message', item: 2 }, { role: 'tool' }),
    editWords(
      { op: 'tool_result', callId: 'c', content: '{"delivered":"12 days ago","paid":48}' },
      { tool: 'find_order', text: '{"delivered":"45 days ago","paid":48}' },
    ),
    editWords({ op: 'tool_result', callId: 'c', content: 'no', isError: true }, { tool: 'bash', text: 'no' }),
    editWords({ op: 'model', model: 'gpt-4o-mini', scope: 'run' }, { model: 'gpt-4o' }),
    editWords(
      { op: 'params', set: { temperature: 1, top_p: 0.5, seed: null }, scope: 'run' },
      { parameters: new Map([['temperature', 0.2]]) },
    ),
    editWords({ op: 'tools', add: [{ name: 'bash' }, { name: 'grep' }], scope: 'run' }, { tools: new Set(['bash']) }),
  ]).toEqual([
    'instructions: −1 line +2',
    'message 0 (user): tea → coffee',
    'without message 2 (tool)',
    'tool result of find_order: 45 → 12 days',
    'tool result of bash, as an error',
    'model gpt-4o → gpt-4o-mini',
    'temperature 0.2 → 1, top_p not set → 0.5, without seed',
    'changed tool bash, new tool grep',
  ]);
});

test('a change of few words is shown, a longer one is counted in lines or words', () => {
  expect([
    changeWords('same', 'same'),
    changeWords('', 'new'),
    changeWords('old', ''),
    changeWords('Be brief.', 'Be brief. Offer store credit.'),
    changeWords('Be brief and kind.', 'Be kind.'),
    changeWords('one two three', 'one 2 three'),
    changeWords('order 45', 'order 12'),
    changeWords('a1b', 'a2b'),
    changeWords(
      'the first ten words of this very long line of text here',
      'all of it is another line now, also a long one',
    ),
    changeWords('a\nb\nc', 'a\nc'),
    changeWords('a\nc', `a\nb\n${'long '.repeat(10)}\nc`),
    changeWords('x\n1\n2\n3\ny', 'x\n3\n1\n2 and more than fits in what is shown\ny'),
  ]).toEqual([
    'as it was',
    '“new”',
    'emptied',
    '+ “Offer store credit.”',
    '− “brief and”',
    'two → 2',
    '45 → 12',
    'a1b → a2b',
    '−12 words +11',
    '− “b”',
    '+2 lines',
    '−2 lines +2',
  ]);
});

test('a text of a million lines is told of without comparing each with each', () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at}`);
  const other = lines.map((line) => `${line}, changed in a way that is long`);
  expect(changeWords(lines.join('\n'), other.join('\n'))).toBe('−20000 lines +20000');
});
