import { expect, test } from 'vitest';
import { previewOf } from './tool-preview.ts';

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
  [{ pattern: 'TODO', path: 'src', output_mode: 'content' }, 'TODO in src'],
  [{ query: 'tide Husum', top_k: 3 }, 'tide Husum'],
  [{ url: 'https://example.org/a', prompt: 'What is it?' }, 'https://example.org/a'],
  [{ expression: '42000 * 3150' }, '42000 * 3150'],
  [{ city: 'Kiel', days: 2, units: ['C'] }, 'city: Kiel, days: 2, units: ["C"]'],
])('%j', (given, expected) => {
  expect(previewOf(JSON.stringify(given))).toBe(expected);
});

test('what is no JSON, or cut off, or nothing', () => {
  expect(previewOf('42000 * 3150')).toBe('42000 * 3150');
  expect(previewOf('{"file_path":"/a/b.ts","content":"one\\ntw')).toBe('/a/b.ts +2');
  expect([previewOf('{}'), previewOf(''), previewOf(undefined)]).toEqual([undefined, undefined, undefined]);
  expect(previewOf(JSON.stringify({ query: 'x'.repeat(500) }))).toHaveLength(200);
});
