import { expect, test } from 'vitest';
import { parsePythonLiteral } from './python-literal.ts';
import { jsonText } from './structure.ts';

test.each([
  [`{'a': None, "b": [True, False, (1, -2.5e3)], 'c': {}}`, '{"a":null,"b":[true,false,[1,-2500]],"c":{}}'],
  [`'it\\'s "so"\\n\\u00e9\\x41'`, JSON.stringify('it\'s "so"\néA')],
  [`[{'text': "it's"}, ]`, `[{"text":"it's"}]`],
  [' 7 ', '7'],
])('%s', (text, expected) => {
  expect(jsonText(parsePythonLiteral(text))).toBe(expected);
});

test.each([
  ['<Tool object at 0x7f>'],
  [`{'a': <Tool object at 0x7f>}`],
  [`{'a': 1`],
  [`{'a'}`],
  ["'open"],
  ["'\\uZZZZ'"],
  ["'\\Uffffffff'"],
  [''],
  ['['.repeat(100_000)],
  [`{'a': 1} and more`],
])('%s is none', (text) => {
  expect(parsePythonLiteral(text)).toBeUndefined();
});

test('names of prototypes are keys like others', () => {
  expect(parsePythonLiteral(`{'__proto__': 1}`)).toEqual(new Map([['__proto__', 1]]));
});
