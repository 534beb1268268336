import { expect, test } from 'vitest';
import { csvCell, csvLine } from './csv.ts';

test('no text begins a formula, whichever spreadsheet opens it', () => {
  const starts = [
    '=',
    '+',
    '-',
    '@',
    '＝',
    '＋',
    '－',
    '＠',
    '\t',
    '\r',
    '\n',
    ' =',
    '\u00a0@',
    '\u3000+',
    '\u0000=',
    '\ufeff@',
  ];
  for (const start of starts) expect(csvCell(`${start}1`).replaceAll('"', '')).toBe(`'${start}1`);
  expect(csvCell('a = b')).toBe('a = b');
  expect(csvCell(-5)).toBe('-5');
});

test('commas, quotes and line ends stay within their cell', () => {
  expect(csvLine(['x;=1+1', 'a\tb'])).toBe('"x;=1+1","a\tb"\r\n');
  expect(csvLine(['a,b', 'say "no"', 'two\nlines', undefined, 1.5])).toBe('"a,b","say ""no""","two\nlines",,1.5\r\n');
});
