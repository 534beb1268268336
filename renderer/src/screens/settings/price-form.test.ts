import { expect, it } from 'vitest';
import { draftOf, emptyDraft, readDraft } from './price-form.ts';

it('reads a price and gives it back', () => {
  const draft = { ...emptyDraft, model: ' qwen3-* ', input: '$0.4', output: '1,2', cacheRead: '0', from: '2026-11-24' };
  const read = readDraft(draft);
  expect(read).toEqual({ price: { model: 'qwen3-*', input: 0.4, output: 1.2, cacheRead: 0, from: '2026-11-24' } });
  if ('price' in read) expect(readDraft(draftOf(read.price))).toEqual(read);
});

it('keeps an empty optional price as not given, not as 0', () => {
  const read = readDraft({ ...emptyDraft, model: 'm', input: '1', output: '2' });
  expect(read).toEqual({ price: { model: 'm', input: 1, output: 2 } });
});

it('says which field is wrong', () => {
  const read = readDraft({ ...emptyDraft, input: 'cheap', output: '-1', cacheRead: 'x', from: '2026-02-30' });
  expect('errors' in read && Object.keys(read.errors).toSorted()).toEqual([
    'cacheRead',
    'from',
    'input',
    'model',
    'output',
  ]);
});
