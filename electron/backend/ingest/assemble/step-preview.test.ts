import { expect, test } from 'vitest';
import { answerPreview, toolPreview } from './step-preview.ts';

test.each([
  [{ command: 'npm test', description: 'Runs the tests' }, 'npm test'],
  [{ command: ['bash', '-lc', 'ls -la | head'] }, 'ls -la | head'],
  [{ command: ['git', 'status'], workdir: '/x' }, 'git status'],
  [{ file_path: '/a/b.ts' }, '/a/b.ts'],
  [{ file_path: '/a/b.ts', offset: 10, limit: 20 }, '/a/b.ts:10-29'],
  [{ path: '/a/b.ts', command: 'view', view_range: [5, 9] }, '/a/b.ts:5-9'],
  [{ file_path: '/a/b.ts', old_string: 'a\nb\nc', new_string: 'a\nx\ny\nc' }, '/a/b.ts +2 −1'],
  [{ file_path: '/a/b.ts', content: 'one\ntwo\n' }, '/a/b.ts +2'],
  [
    {
      file_path: '/a',
      edits: [
        { old_string: 'x', new_string: '' },
        { old_string: 'y', new_string: 'z' },
      ],
    },
    '/a +1 −2',
  ],
  [{ input: '*** Begin Patch\n*** Update File: src/a.ts\n-old\n+new\n+more\n*** End Patch' }, 'src/a.ts +2 −1'],
  [{ patchText: '*** Begin Patch\n*** Update File: src/a.ts\n-old\n+new\n*** End Patch' }, 'src/a.ts +1 −1'],
  [
    {
      changes: {
        '/p/a.ts': { type: 'update', unified_diff: '@@ -1 +1 @@\n-old\n+new\n' },
        '/p/b.ts': { type: 'delete' },
      },
    },
    '/p/a.ts and 1 more +1 −1',
  ],
  [
    {
      todos: [
        { content: 'Reproduce', status: 'completed' },
        { content: 'Find the cause', status: 'in_progress' },
      ],
    },
    '1 of 2 done · Find the cause',
  ],
  [{ plan: [{ step: 'Fix', status: 'pending' }] }, '0 of 1 done'],
  [{ subagent_type: 'explore', description: 'Find callers', prompt: 'Who calls it?' }, 'Find callers: Who calls it?'],
  [{ pattern: 'TODO', path: 'src', output_mode: 'content' }, 'TODO in src'],
  [{ query: 'tide Husum', top_k: 3 }, 'tide Husum'],
  [{ url: 'https://example.org/a', prompt: 'What is it?' }, 'https://example.org/a'],
  [{ expression: '42000 * 3150' }, '42000 * 3150'],
  [{ city: 'Kiel', days: 2, units: ['C'] }, 'city: Kiel, days: 2, units: ["C"]'],
])('%j', (given, expected) => {
  expect(toolPreview(JSON.stringify(given))).toBe(expected);
});

test('what is no JSON, or cut off, or nothing', () => {
  expect(toolPreview('42000 * 3150')).toBe('42000 * 3150');
  expect(toolPreview('{"file_path":"/a/b.ts","content":"one\\ntw')).toBe('/a/b.ts +2');
  expect([toolPreview('{}'), toolPreview(''), toolPreview(undefined)]).toEqual([undefined, undefined, undefined]);
  expect(toolPreview(JSON.stringify({ query: 'x'.repeat(500) }))).toHaveLength(200);
});

test('a model row begins as its answer, or says which tools it asked for', () => {
  const tool = (name: string, given?: unknown) => ({
    id: undefined,
    name,
    arguments: given === undefined ? undefined : JSON.stringify(given),
    server: false,
  });
  expect(answerPreview('High tide is at 9.', [tool('bash')])).toBe('High tide is at 9.');
  expect(answerPreview(undefined, [tool('bash', { command: 'npm test' })])).toBe('→ bash npm test');
  expect(answerPreview(undefined, [tool('done')])).toBe('→ done');
  expect(answerPreview(undefined, [tool('read', { path: '/a' }), tool('bash'), tool('read')])).toBe('→ read ×2, bash');
  expect(
    answerPreview(
      undefined,
      Array.from({ length: 30 }, (_, index) => tool(`t${index}`)),
    ),
  ).toMatch(/, t19 and 10 more$/);
  expect(answerPreview(undefined, [])).toBeUndefined();
});
