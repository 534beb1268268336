import { expect, it } from 'vitest';
import { formatChange } from './format-change.ts';

it('signs a change in its unit and in percent', () => {
  expect(formatChange(0.412, 0.731, 'money')).toEqual({ text: '+$0.319', direction: 'up', percent: '+77%' });
  expect(formatChange(9_600, 8_400, 'duration')).toEqual({ text: '−1.2s', direction: 'down', percent: '−13%' });
  expect(formatChange(182_000, 311_000, 'tokens')).toEqual({ text: '+129.0k', direction: 'up', percent: '+71%' });
  expect(formatChange(1_000, 1_015, 'tokens').percent).toBe('+1.5%');
  expect(formatChange(1_000_000, 1_000_001, 'count').percent).toBe('<0.1%');
  expect(formatChange(2, 2.4, 'duration')).toMatchObject({ text: '<1ms', direction: 'up' });
  expect(formatChange(1, 30, 'count').percent).toBe('+2,900%');
});

it('has no percent of nothing, and no change of the unknown', () => {
  expect(formatChange(0, 3, 'count')).toEqual({ text: '+3', direction: 'up', percent: undefined });
  expect(formatChange(undefined, 3, 'money')).toEqual({ text: '—', direction: 'unknown', percent: undefined });
  expect(formatChange(3, undefined, 'tokens').direction).toBe('unknown');
  expect(formatChange(14, 14, 'count')).toEqual({ text: '±0', direction: 'equal', percent: '±0%' });
});
