import { expect, it } from 'vitest';
import { formatKeys, keysText } from './format-keys.ts';

it('prints key caps of the platform', () => {
  expect(formatKeys('$mod+k', true)).toEqual([['⌘', 'K']]);
  expect(formatKeys('$mod+k', false)).toEqual([['Ctrl', 'K']]);
  expect(formatKeys('g r', false)).toEqual([['G'], ['R']]);
  expect(formatKeys('Shift+j', true)).toEqual([['⇧', 'J']]);
  expect(formatKeys('[Shift]+?', false)).toEqual([['?']]);
  expect(formatKeys('Alt+ArrowLeft', false)).toEqual([['Alt', '←']]);
});

it('says them in one string', () => {
  expect(keysText('$mod+Shift+v', false)).toBe('Ctrl+Shift+V');
  expect(keysText('$mod+Shift+v', true)).toBe('⌘⇧V');
  expect(keysText('g r', true)).toBe('G then R');
});
