import { describe, expect, it } from 'vitest';
import { editLines, patchFiles } from './patch-lines.ts';
import { readFileResult, readMatches, readShellResult, readWebPage, readWebResults } from './tool-result.ts';
import { mcpName, readToolUse } from './tool-use.ts';

// Arguments and results as Claude Code, Codex, Gemini CLI, opencode and LangGraph sent them (e2e/fixtures), shortened.

describe('what a tool was asked to do', () => {
  it.each([
    ['Bash', { command: 'git status --short', description: 'Check' }, { kind: 'shell', command: 'git status --short' }],
    [
      'shell',
      { command: ['bash', '-lc', 'ls | head'], workdir: '/p' },
      { kind: 'shell', command: 'ls | head', folder: '/p' },
    ],
    ['read_file', { file_path: '/p/package.json' }, { kind: 'read', path: '/p/package.json' }],
    [
      'replace',
      { file_path: '/p/a.js', instruction: 'x', old_string: 'a', new_string: 'b' },
      { kind: 'edit', path: '/p/a.js', edits: [{ before: 'a', after: 'b' }] },
    ],
    ['write', { filePath: '/p/a.js', content: 'new' }, { kind: 'edit', edits: [{ before: undefined, after: 'new' }] }],
    ['str_replace_based_edit_tool', { command: 'view', path: '/p/a.js' }, { kind: 'read', path: '/p/a.js' }],
    ['apply_patch', { patchText: '*** Begin Patch\n*** End Patch' }, { kind: 'patch' }],
    [
      'grep_search',
      { pattern: 'roundCents', dir_path: '/p/src' },
      { kind: 'search', pattern: 'roundCents', where: '/p/src' },
    ],
    ['web_search', { query: 'mini price', top_k: 3 }, { kind: 'web', query: 'mini price' }],
    ['fetch_page', { url: 'https://example.test/a' }, { kind: 'web', address: 'https://example.test/a' }],
    [
      'todowrite',
      { todos: [{ content: 'Reproduce', status: 'in_progress', id: '1' }] },
      { kind: 'todo', items: [{ text: 'Reproduce', state: 'active' }] },
    ],
    [
      'Task',
      { description: 'bisect', prompt: 'Find the commit', subagent_type: 'explore' },
      { kind: 'agent', task: 'Find the commit', agent: 'explore' },
    ],
    ['calculator', { expression: '1+1' }, { kind: 'other' }],
  ])('%s %j', (name, given, expected) => {
    expect(readToolUse(name, JSON.stringify(given))).toMatchObject(expected);
  });

  it('leaves what is no object, is broken or names an ancestor', () => {
    expect([readToolUse('bash', '{"command": "ls'), readToolUse('bash', '"ls"'), readToolUse('x', undefined)]).toEqual([
      { kind: 'other' },
      { kind: 'other' },
      { kind: 'other' },
    ]);
    expect(readToolUse('x', '{"__proto__": {"command": "rm"}}')).toEqual({ kind: 'other' });
  });

  it('knows the server of an MCP tool', () => {
    expect(mcpName('mcp__github__create_issue')).toEqual({ server: 'github', tool: 'create_issue' });
    expect(mcpName('bash')).toBeUndefined();
  });
});

describe('what a command gave', () => {
  it.each([
    ['plain', 'plain', undefined],
    ['Exit code 1\n✖ failing', '✖ failing', 1],
    ['{"output":"one\\n","metadata":{"exit_code":2}}', 'one\n', 2],
    ['{"title":"ls","metadata":{"output":"total 28","exit":0},"output":"total 28"}', 'total 28', 0],
    ['Exit code: 101\nWall time: 0.2 seconds\nOutput:\nerror', 'error', 101],
    ['Script completed\nWall time 0.1 seconds\nOutput:\n\ntotal 28', 'total 28', undefined],
    [
      '<untrusted_context>\nOutput: total 28\nExit Code: 1\nProcess Group PGID: 9060\n</untrusted_context>',
      'total 28',
      1,
    ],
  ])('%j', (result, output, exit) => {
    const read = readShellResult(result);
    expect([read.output, read.exit]).toEqual([output, exit]);
  });

  it('keeps the error stream apart, and JSON that is no report whole', () => {
    expect(readShellResult('{"stdout":"a","stderr":"b","returncode":3}')).toEqual({
      output: 'a',
      errors: 'b',
      exit: 3,
    });
    expect(readShellResult('{"version": 1}')).toEqual({ output: '{"version": 1}' });
  });
});

describe('files, searches and pages', () => {
  it('takes line numbers off a file where every line has the next one', () => {
    expect(readFileResult('1\timport a\n2\t\n3\tb')).toEqual({ text: 'import a\n\nb', firstLine: 1 });
    expect(
      readFileResult(
        '<path>/p</path>\n<type>file</type>\n<content>\n7: {\n8: }\n\n(End of file - total 8 lines)\n</content>',
      ),
    ).toEqual({ text: '{\n}', firstLine: 7 });
    expect(readFileResult('1: one\nthree')).toEqual({ text: '1: one\nthree', firstLine: undefined });
    expect(readFileResult('const x = 1;')).toEqual({ text: 'const x = 1;', firstLine: undefined });
  });

  it('reads what grep and Gemini CLI found, by file', () => {
    expect(readMatches('src/cart.js:1:import x\nsrc/cart.js:13:  return x\nsrc/money.js:2:export')).toMatchObject([
      { path: 'src/cart.js', lines: [{ number: 1 }, { number: 13, text: '  return x' }] },
      { path: 'src/money.js' },
    ]);
    expect(
      readMatches('Found 1 matches for pattern "x" in path "/p":\n---\nFile: cart.js\nL1: import x\nL2- \n---'),
    ).toMatchObject([{ path: 'cart.js', lines: [{ isMatch: true }, { isMatch: false }] }]);
    expect(readMatches('No matches found')).toBeUndefined();
  });

  it('reads results and pages of the web', () => {
    expect(readWebResults('{"query":"q","results":[{"title":"T","url":"https://e.test","snippet":"s"}]}')).toEqual([
      { title: 'T', address: 'https://e.test', snippet: 's' },
    ]);
    expect(readWebResults('[{"no": "title"}]')).toBeUndefined();
    expect(readWebPage('{"url":"u","status":404,"text":"gone"}')).toEqual({ text: 'gone', status: 404 });
  });
});

describe('edits as lines', () => {
  it('marks the words of a line that changed', () => {
    expect(editLines('a\nMath.round(x);\nb', 'a\nMath.floor(x);\nb')).toEqual([
      { op: 'same', text: 'a' },
      { op: 'removed', text: 'Math.round(x);', marks: [[5, 10]] },
      { op: 'added', text: 'Math.floor(x);', marks: [[5, 10]] },
      { op: 'same', text: 'b' },
    ]);
  });

  it('reads patches of Codex and of git by file', () => {
    const own = '*** Begin Patch\n*** Update File: src/a.js\n@@\n-old\n+new\n*** Add File: b.js\n+1\n*** End Patch';
    expect(patchFiles(own).map(({ path, how, added, removed }) => [path, how, added, removed])).toEqual([
      ['src/a.js', 'changed', 1, 1],
      ['b.js', 'added', 1, 0],
    ]);
    const git =
      'diff --git a/x.sql b/x.sql\nindex 1..2 100644\n--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1,1 @@\n--- a comment\n-- b\n+c\n';
    const [file] = patchFiles(git);
    expect([file?.path, file?.added, file?.removed]).toEqual(['x.sql', 1, 2]);
    expect(file?.lines.filter(({ op }) => op === 'removed').map((line) => ('text' in line ? line.text : ''))).toEqual([
      '-- a comment',
      '- b',
    ]);
  });

  it('gives texts up that differ in everything, and leaves nothing out', () => {
    const side = (word: string) => Array.from({ length: 6_000 }, (_, at) => `${word} ${at}`).join('\n');
    const lines = editLines(side('a'), side('b'));
    expect([lines.length, lines.filter(({ op }) => op === 'removed').length]).toEqual([12_000, 6_000]);
  });
});
