import { expect, test } from 'vitest';
import { addDraft, breakKinds, emptyDraft, isEmptyDraft, readDraft } from './break-form.ts';
import type { BreakDraft, BreakKind } from './break-form.ts';

test.each<[BreakKind, string, string, object]>([
  ['tool', ' refund_order ', '', { kind: 'tool', tool: 'refund_order' }],
  ['tool', 'mcp:mail', 'A-18', { kind: 'tool', tool: 'mcp:mail', argument: 'A-18' }],
  ['offers', 'mail*', '', { kind: 'offered', tool: 'mail*' }],
  ['model', 'gpt-5*', '', { kind: 'model', model: 'gpt-5*' }],
  ['cost', '$0.50', '', { kind: 'cost', usd: 0.5 }],
  ['tokens', '100,000', '', { kind: 'context', unit: 'tokens', over: 100_000 }],
  ['characters', '5000', '', { kind: 'context', unit: 'characters', over: 5_000 }],
  ['call', '7', '', { kind: 'call', number: 7 }],
  ['text', 'a, b', '', { kind: 'text', text: 'a, b' }],
])('%s “%s” %s', (kind, value, argument, condition) => {
  expect(readDraft({ kind, value, argument })).toEqual({ condition });
});

test('what cannot be read is told by what it should be', () => {
  for (const { value: kind } of breakKinds)
    expect(readDraft({ kind, value: ' ', argument: '' }), kind).toEqual({ problem: expect.stringMatching(/\.$/) });
  expect(readDraft({ kind: 'call', value: '1.5', argument: '' })).toEqual({ problem: 'A whole number from 1.' });
});

test('added once, the field is empty for the next of its kind', () => {
  const draft: BreakDraft = { kind: 'text', value: 'tea', argument: '' };
  const added = addDraft({ breaks: [], draft });
  expect(added).toEqual({
    form: {
      breaks: [{ condition: { kind: 'text', text: 'tea' }, enabled: true }],
      draft: { ...emptyDraft, kind: 'text' },
    },
  });
  const form = 'form' in added ? added.form : undefined;
  expect(form && isEmptyDraft(form.draft)).toBe(true);
  expect(addDraft({ breaks: form?.breaks ?? [], draft })).toEqual({
    problem: 'There already: the request holds “tea”.',
  });
  const full = Array.from({ length: 50 }, (_, at) => ({
    condition: { kind: 'call', number: at + 1 } as const,
    enabled: true,
  }));
  expect(addDraft({ breaks: full, draft })).toEqual({ problem: 'At most 50 conditions.' });
});
