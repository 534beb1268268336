import { expect, it } from 'vitest';
import { assembleSpans, factSpan, outline } from './assemble.testing.ts';

it('a call that is known by its counts lasts as long as the span around it, and has its model', () => {
  const run = assembleSpans([
    { id: 'turn', kind: 'agent', start: 1, end: 100 },
    {
      id: 'sampling',
      parent: 'turn',
      kind: 'other',
      rawName: 'run_sampling_request',
      start: 10,
      end: 60,
      facts: { hidden: true, requestModel: 'gpt-6.1' },
    },
    { id: 'stream', parent: 'sampling', kind: 'other', start: 40, end: 60, facts: { hidden: true } },
    {
      id: 'counts',
      parent: 'stream',
      kind: 'llm',
      start: 50,
      end: 51,
      usage: { input: 10, output: 1 },
      rawName: 'counts',
      facts: { requestModel: undefined, provider: undefined, within: 'run_sampling_request' },
    },
  ]);
  const { startNs, endNs, facts } = run.step('counts');
  expect([
    Number(startNs) / 1e6,
    Number(endNs) / 1e6,
    facts.requestModel,
    facts.name,
    facts.provider,
    run.models,
  ]).toEqual([10, 51, 'gpt-6.1', 'gpt-6.1', 'openai', ['gpt-6.1']]);
});

it('a tool in a tree of its own goes under the tool that was running, with what started it', () => {
  const run = assembleSpans([
    { id: 'turn', kind: 'agent', start: 1, end: 100 },
    { id: 'first', parent: 'turn', kind: 'tool', callId: 'a', start: 10, end: 40, facts: { name: 'exec' } },
    { id: 'second', parent: 'turn', kind: 'tool', callId: 'b', start: 50, end: 90, facts: { name: 'exec' } },
    { id: 'callback', kind: 'other', start: 55, end: 70, facts: { name: 'callback' } },
    {
      id: 'command',
      parent: 'callback',
      kind: 'tool',
      callId: 'c',
      start: 56,
      end: 69,
      facts: { name: 'command', within: 'exec' },
    },
    { id: 'late', kind: 'tool', callId: 'd', start: 95, end: 96, facts: { name: 'late', within: 'exec' } },
  ]);
  expect(outline(run)).toEqual([
    'agent turn',
    '  tool exec',
    '  tool exec',
    '    other callback',
    '      tool command',
    'tool late',
  ]);
  expect([run.step('callback').parentId, run.step('late').parentId]).toEqual(['second', undefined]);
});

it('a turn that is known by its prompt only is around what its prompt was in, and never ended', () => {
  const spans = [
    { id: 'hooks', parent: 'absent', kind: 'other', start: 5, end: 9, facts: { hidden: true } },
    { id: 'llm', parent: 'absent', kind: 'llm', start: 10, end: 20, usage: { input: 1, output: 1 } },
  ] as const;
  const prompt = factSpan(
    { id: 'prompt', parent: 'hooks', kind: 'agent', start: 6, end: 6, facts: { name: 'Codex' } },
    -1,
  );
  const run = assembleSpans(spans, { spans: [...spans.map(factSpan), prompt] });
  expect(outline(run)).toEqual(['agent Codex', '  other missing parent', '    ·other hooks', '    llm llm']);
  expect([run.step('prompt').origin, run.step('prompt').endNs, run.status, run.name]).toEqual([
    'logs',
    undefined,
    'partial',
    'Codex',
  ]);
});
