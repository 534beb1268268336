import { expect, test } from 'vitest';
import { parsePythonLiteral, parsePythonObjects } from './python-literal.ts';
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

test('data objects and members of enumerations, where they are asked for', () => {
  const text =
    "Message(_role=<Role.USER: 'user'>, _content=[Text(text='a)b'), Call(arguments={'a': 1}, id=None)], _meta={})";
  expect(parsePythonObjects(text)).toEqual(
    new Map<string, unknown>([
      ['class', 'Message'],
      ['_role', 'user'],
      [
        '_content',
        [
          new Map([
            ['class', 'Text'],
            ['text', 'a)b'],
          ]),
          new Map<string, unknown>([
            ['class', 'Call'],
            ['arguments', new Map([['a', 1]])],
            ['id', null],
          ]),
        ],
      ],
      ['_meta', new Map()],
    ]),
  );
  expect(parsePythonLiteral(text)).toBeUndefined();
  for (const broken of [
    'Message(',
    'Message(1)',
    'Message(a=1',
    '<Role.USER>',
    "<Role.USER: 'a'",
    `${'A(b='.repeat(5_000)}1`,
  ])
    expect(parsePythonObjects(broken)).toBeUndefined();
});
