import { expect, it } from 'vitest';
import { readCapture } from './capture-truth.testing.ts';
import { readContent } from './conventions.ts';

const { steps, truth } = readCapture('opencode', 'alt', 'traces.jsonl.gz');
const visible = steps.filter((step) => !step.facts.hidden);

it('opencode: of 2,200 spans, model calls and tools are steps', () => {
  expect(steps).toHaveLength(2_200);
  expect(
    visible.map((step) => step.view.name).filter((name) => name !== 'ai.toolCall' && name !== 'ai.streamText.doStream'),
  ).toEqual([]);
  // No span is the agent itself: its name is the run's.
  expect(new Set(visible.map(({ facts }) => facts.runName))).toEqual(new Set(['opencode']));
  expect([
    visible.filter((step) => step.facts.kind === 'llm').length,
    visible.filter((step) => step.facts.kind === 'tool').length,
  ]).toEqual([6, 9]);
});

it('opencode: a step of its loop restates the tokens of its call, and is no agent', () => {
  const wrappers = steps.filter((step) => step.view.name === 'ai.streamText');
  for (const { facts } of wrappers)
    expect([facts.kind, facts.hidden, facts.usageIsAggregate]).toEqual(['chain', true, true]);
  const calls = visible.filter((step) => step.facts.kind === 'llm');
  // The last two calls were in a batch that the client never sent.
  expect(
    calls.map(({ facts }) => [facts.usage?.input, facts.usage?.output, facts.usage?.cacheRead, facts.usage?.reasoning]),
  ).toEqual(
    truth.llmCalls.slice(0, 6).map(({ usage }) => [usage?.input, usage?.output, usage?.cached, usage?.reasoning]),
  );
});

it('opencode: tools have arguments, results and the session', () => {
  const [first] = visible.filter((step) => step.facts.kind === 'tool');
  if (!first) throw new Error('no tools');
  const expected = truth.toolCalls[0];
  expect([
    first.facts.tool?.name,
    first.facts.tool?.callId,
    JSON.parse(readContent(first.view).toolArguments ?? ''),
  ]).toEqual([expected?.name, expected?.id, JSON.parse(expected?.args ?? '')]);
  expect(readContent(first.view).toolResult).toContain('total 28');
  expect([first.facts.conversation?.key, first.facts.agentName]).toEqual(['session.id', 'opencode']);
});
