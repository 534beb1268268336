import { expect, test } from 'vitest';
import { readBudget } from './budget-form.ts';

const read = (usd: string, agent = '') => readBudget({ agent, usd, action: 'hold' });

test('an amount is read as people write it; what could mean two things is asked about', () => {
  for (const [text, value] of [
    ['5', 5],
    ['$5', 5],
    ['$ 0.50', 0.5],
    ['0,5', 0.5],
    ['1,000,000', 1_000_000],
    ['0.000003', 0.000_003],
    ['0', 0],
  ] as const)
    expect([text, read(text)]).toEqual([text, { budget: { usd: value, action: 'hold' } }]);
  expect(read('1,000')).toEqual({ error: 'Write 1000 or 1.000: the comma could mean either.' });
  for (const text of ['', 'five', '-1', '1e3', '1.2.3', '2000000000']) expect(read(text)).toHaveProperty('error');
  expect(read('5', '  shop* ')).toEqual({ budget: { usd: 5, action: 'hold', agent: 'shop*' } });
});
