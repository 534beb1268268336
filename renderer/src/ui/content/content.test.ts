import { describe, expect, it } from 'vitest';
import { looksLikeMarkdown } from './content-view.tsx';
import { tableOf } from './json-table.tsx';
import { languageOf } from './languages.ts';
import { isForTerminal, withoutControls, withSigns } from './terminal-text.ts';

describe('texts for a terminal', () => {
  it('keeps colours, drops titles, links and cursor moves, and shows what was written last in a line', () => {
    const text =
      '\u001B]0;title\u0007\u001B[31mred\u001B[0m \u001B]8;;https://e.test\u0007link\u001B]8;;\u0007\u001B[2K\u001B[1A';
    expect(withoutControls(text)).toBe('\u001B[31mred\u001B[0m link');
    expect(withoutControls('10%\r55%\r100%\r\ndone\r\n')).toBe('100%\ndone\n');
    expect([isForTerminal(text), isForTerminal('plain')]).toEqual([true, false]);
  });

  it('shows each control character by its sign', () => {
    expect(withSigns('a\u001B[0m\u0000\tb\n\u007F')).toBe('a\u241B[0m\u2400\tb\n\u2421');
  });
});

describe('what a text is', () => {
  it('tells Markdown by its marks', () => {
    const marked = [
      '# Title',
      '- item',
      '1. first',
      '**bold** words',
      'see `code`',
      '| a | b |',
      '```js\n1\n```',
      '[a](b)',
    ];
    expect(marked.map(looksLikeMarkdown)).toEqual(marked.map(() => true));
    const plain = ['A sentence.', 'a - b', '3.5 GB', 'a_b_c', '[1]', 'x > y'];
    expect(plain.map(looksLikeMarkdown)).toEqual(plain.map(() => false));
  });

  it('knows languages by word and by file', () => {
    expect(['ts', '/p/src/a.test.tsx', 'C:\\a\\b.PY', 'Makefile', undefined].map(languageOf)).toEqual([
      'typescript',
      'typescript',
      'python',
      undefined,
      undefined,
    ]);
  });

  it('reads a list of like records as a table, with names that objects have themselves', () => {
    expect(tableOf('[{"a": 1, "__proto__": "x"}, {"a": 2.50, "b": null}]')).toEqual({
      columns: ['a', '__proto__', 'b'],
      rows: [
        ['1', 'x', undefined],
        ['2.50', undefined, 'null'],
      ],
    });
    expect([tableOf('[1, 2]'), tableOf('[{"a": {}}, {"a": 1}]'), tableOf('{"a": 1}')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
