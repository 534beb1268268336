import { expect, it } from 'vitest';
import { contractDraftOf, emptyContract, readContract } from './contract-form.ts';
import { emptyCurrency, readCurrency } from './currency-form.ts';
import { draftOf, emptyDraft, emptyTier, readDraft } from './price-form.ts';

it('reads a price and gives it back', () => {
  const draft = {
    ...emptyDraft,
    model: ' qwen3-* ',
    input: '$0.4',
    output: '1,2',
    cacheRead: '0',
    cacheWrite1h: '0.8',
    batchPercent: '50 %',
    from: '2026-11-24',
    tiers: [{ ...emptyTier, above: '200k', input: '0.8', output: '2.4', cacheRead: '0.1' }],
  };
  const read = readDraft(draft);
  expect(read).toEqual({
    price: {
      model: 'qwen3-*',
      input: 0.4,
      output: 1.2,
      cacheRead: 0,
      cacheWrite1h: 0.8,
      batchPercent: 50,
      from: '2026-11-24',
      tiers: [{ above: 200_000, input: 0.8, output: 2.4, cacheRead: 0.1 }],
    },
    doubts: {},
  });
  if ('price' in read) expect(readDraft(draftOf(read.price))).toEqual(read);
});

it('keeps an empty optional price as not given, not as 0', () => {
  const read = readDraft({ ...emptyDraft, model: 'm', input: '1', output: '2' });
  expect(read).toEqual({ price: { model: 'm', input: 1, output: 2 }, doubts: {} });
});

it('says which field is wrong', () => {
  const read = readDraft({
    ...emptyDraft,
    input: 'cheap',
    output: '-1',
    cacheRead: 'x',
    batchPercent: '2000',
    from: '2026-02-30',
    tiers: [{ ...emptyTier, above: '0', input: '', output: '1' }],
  });
  expect('errors' in read && Object.keys(read.errors).toSorted()).toEqual([
    'batchPercent',
    'cacheRead',
    'from',
    'input',
    'model',
    'output',
    'tiers.0.above',
    'tiers.0.input',
  ]);
});

it('doubts prices for one token, and shares for percents', () => {
  const read = readDraft({
    ...emptyDraft,
    model: 'm',
    input: '0.000003',
    output: '15',
    batchPercent: '0.5',
    tiers: [{ ...emptyTier, above: '200000', input: '6', output: '0.0000225' }],
  });
  expect('doubts' in read && Object.keys(read.doubts).toSorted()).toEqual(['batchPercent', 'input', 'tiers.0.output']);
});

it('reads a contract, and says what is wrong or doubtful with it', () => {
  const read = readContract({ ...emptyContract, provider: ' anthropic ', percentOff: '15', from: '2026-01-01' });
  expect(read).toEqual({ contract: { provider: 'anthropic', percentOff: 15, from: '2026-01-01' }, doubts: {} });
  if ('contract' in read) expect(readContract(contractDraftOf(read.contract))).toEqual(read);
  expect(readContract({ ...emptyContract, provider: 'x', percentOff: '-10%' })).toEqual({
    contract: { provider: 'x', percentOff: -10 },
    doubts: {},
  });
  const share = readContract({ ...emptyContract, provider: 'x', percentOff: '0.15' });
  expect('doubts' in share && share.doubts['percentOff']).toContain('type 15');
  for (const percentOff of ['', 'much', '101'])
    expect(readContract({ ...emptyContract, percentOff, until: '2026-13-01' })).toEqual({
      errors: {
        provider: expect.any(String),
        percentOff: expect.any(String),
        until: expect.any(String),
      },
    });
  expect(
    readContract({ ...emptyContract, provider: 'x', percentOff: '5', from: '2026-02-01', until: '2026-01-01' }),
  ).toEqual({
    errors: { until: 'A day after the first one.' },
  });
});

it('reads a currency with its rate', () => {
  expect(readCurrency({ code: ' eur ', perUsd: '0,92', date: '2026-11-01' })).toEqual({
    currency: { code: 'EUR', perUsd: 0.92, date: '2026-11-01' },
  });
  expect(readCurrency({ ...emptyCurrency('2026-11-30'), code: 'Euro', perUsd: '0' })).toEqual({
    errors: { code: expect.any(String), perUsd: expect.any(String) },
  });
  expect(readCurrency({ code: 'USD', perUsd: '2', date: '2026-11-01' })).toEqual({
    errors: { code: expect.any(String) },
  });
});
