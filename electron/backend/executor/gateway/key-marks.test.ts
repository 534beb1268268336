import { expect, test } from 'vitest';
import { createSecrets } from '../../base/secrets.ts';
import { putKeysBack } from './key-marks.ts';

const keyOf = (index: number): string => `sk-proj-${String(index).padStart(3, '0')}abcDEF0123456789ghiJKL`;
const keys = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => keyOf(index));
const lines = (found: readonly string[]): string => found.map((key) => `token: ${key}\n`).join('');
const secrets = () => createSecrets({});
const cleaned = (text: string): string => secrets().cleanText(text);

test('the same line again and again: each mark gets the key of its own line, whatever changed around them', () => {
  const live = `It is 10:00 now.\n${lines(keys(88))}Which of them is old?`;
  const recorded = cleaned(live).replace('10:00', '09:00').replace('is old', 'is the oldest');
  expect(putKeysBack(secrets(), recorded, live)).toEqual({
    text: live.replace('10:00', '09:00').replace('is old', 'is the oldest'),
    left: 0,
  });
});

test('a key more at another place does not move the others', () => {
  const live = `${lines(keys(40))}The end. And mine, which I found in the drawer: ${keyOf(90)}`;
  const recorded = `${cleaned(lines(keys(40)))}The end. Nothing else.`;
  expect(putKeysBack(secrets(), recorded, live)).toEqual({ text: `${lines(keys(40))}The end. Nothing else.`, left: 0 });
});

test('where a line is gone and nothing says which, no key is put in another place', () => {
  const live = `start\n${lines(keys(30))}end`;
  const recorded = `start\n${cleaned(lines(keys(29)))}end`;
  const { text, left } = putKeysBack(secrets(), recorded, live);
  const found = text.split('\n').slice(1, -1);
  for (const [index, line] of found.entries())
    if (!line.includes('[key removed]'))
      expect([`token: ${keyOf(index)}`, `token: ${keyOf(index + 1)}`]).toContain(line);
  expect(left).toBeGreaterThan(0);
});
