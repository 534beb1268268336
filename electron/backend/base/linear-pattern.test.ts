import { expect, test } from 'vitest';
import { Refused } from './faults.ts';
import { linearPattern } from './linear-pattern.ts';

const without = (source: string, text: string): string => text.replace(linearPattern(source), '<ignored>');

test('users’ patterns replace every match', () => {
  expect(without('Request id: [^\\n]*?\\.', 'Request id: 17. Request id: 18.')).toBe('<ignored> <ignored>');
  expect(without('on [\\s\\S]*?$', 'on Monday\nor later')).toBe('<ignored>');
  expect(without('\\/tmp\\/\\w+', 'in /tmp/a1 and /tmp/b2')).toBe('in <ignored> and <ignored>');
  expect(without('cost \\$\\d+', 'cost $5')).toBe('<ignored>');
});

test('what was suggested before still holds', () => {
  expect(without('Today is [^\\n]*?(?=\\n)', 'Today is Monday\nGo.')).toBe('<ignored>Go.');
});

test('a pattern that would go back over the text again and again ends', () => {
  const text = `${'a b '.repeat(50_000)}!`;
  expect(without('([a-z ]+)*!!', text)).toBe(text);
});

test.each(['(?=a)b', '(a)\\1', '(?<!x)y', '('])('%s is refused, with the reason', (source) => {
  expect(() => linearPattern(source)).toThrow(Refused);
  expect(() => linearPattern(source)).toThrow(source);
});
