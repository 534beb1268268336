import { describe, expect, it } from 'vitest';
import { assembleSpans } from './assemble.testing.ts';
import type { TestSpan } from './assemble.testing.ts';

const agent = (id: string, start: number, more: Partial<TestSpan> = {}): TestSpan => ({
  id,
  parent: 'workflow',
  kind: 'agent',
  start,
  end: start + 5,
  ...more,
});
const workflow: TestSpan = { id: 'workflow', kind: 'chain', start: 1, end: 100 };

describe('a run without model calls, whose root says nothing', () => {
  it('failed when its last agent did', () => {
    expect(assembleSpans([workflow, agent('clerk', 2, { status: 'error' })]).status).toBe('error');
  });

  it('did not when another agent came after that one, or the one that failed was called by it', () => {
    const recovered = [workflow, agent('clerk', 2, { status: 'error' }), agent('again', 20)];
    const called = [workflow, agent('clerk', 2), agent('helper', 3, { parent: 'clerk', status: 'error' })];
    expect([assembleSpans(recovered).status, assembleSpans(called).status]).toEqual(['unset', 'unset']);
  });
});

it('a failure that a step beside the call tells of again, around it in time and in its words, is one', () => {
  const failure = (message: string): Partial<TestSpan> => ({ status: 'error', facts: { error: { message } } });
  const errors = (message: string, end: number): number =>
    assembleSpans([
      { id: 'root', kind: 'agent', start: 1, end: 100 },
      { id: 'sequence', parent: 'root', kind: 'chain', start: 2, end, ...failure(message) },
      { id: 'call', parent: 'root', kind: 'llm', start: 5, end: 20, ...failure('400 no') },
    ]).errors;
  expect([errors('400 no', 30), errors('another', 30), errors('400 no', 10)]).toEqual([1, 2, 2]);
});
