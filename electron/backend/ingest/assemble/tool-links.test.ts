import { describe, expect, it } from 'vitest';
import type { Message } from '../../../../shared/model/message.ts';
import { assembleSpans, codesOf, factSpan, outline } from './assemble.testing.ts';
import type { TestSpan } from './assemble.testing.ts';

const agent: TestSpan = { id: 'agent', kind: 'agent', start: 0, end: 100 };
const llm = (id: string, start: number, fields: Partial<TestSpan> = {}): TestSpan => ({
  id,
  parent: 'agent',
  kind: 'llm',
  start,
  end: start + 5,
  usage: { input: 10, output: 1, cacheRead: 0 },
  ...fields,
});
const tool = (id: string, name: string, start: number, fields: Partial<TestSpan> = {}): TestSpan => ({
  id,
  parent: 'agent',
  kind: 'tool',
  start,
  end: start + 2,
  facts: { name },
  ...fields,
});
const toolMessage = (parts: Message['parts']): Message => ({ role: 'tool', parts });
const askers = (run: ReturnType<typeof assembleSpans>): readonly (string | undefined)[] =>
  run.steps
    .filter((step) => step.facts.kind === 'tool')
    .map((step) => (step.requestedBy === undefined ? undefined : run.steps[step.requestedBy]?.id));

describe('tool steps and the answers that asked for them', () => {
  it('are linked by call id, and shown in the order of the answer whatever started first', () => {
    const run = assembleSpans([
      agent,
      llm('l1', 1, { asks: ['read#1{"path":"a"}', 'read#2{"path":"b"}'] }),
      tool('t2', 'read', 7, { callId: '2' }),
      tool('t1', 'read', 8, { callId: '1' }),
      llm('l2', 20, { asks: ['read#3{}'] }),
      tool('t3', 'read', 26, { callId: '3' }),
    ]);
    expect(run.steps.map((step) => step.id)).toEqual(['agent', 'l1', 't1', 't2', 'l2', 't3']);
    expect(askers(run)).toEqual(['l1', 'l1', 'l2']);
    expect(run.steps.map((step) => step.parallelGroup)).toEqual([undefined, undefined, 0, 0, undefined, undefined]);
    expect(run.steps.map((step) => step.preview)).toEqual([undefined, '→ read ×2', 'a', 'b', '→ read', undefined]);
    expect([run.toolCalls, run.contentReads, codesOf(run)]).toEqual([2 + 1, [], []]);
  });

  it('have what they did in turn asked for with them; another that nobody asked for tells of calls that were left out', () => {
    const inner = tool('inner', 'exec_command', 8, { callId: 'exec-1', parent: 'outer' });
    const spans = [
      agent,
      llm('l1', 1, { asks: ['exec#1'] }),
      tool('outer', 'exec', 7, { callId: '1', end: 12 }),
      inner,
    ];
    expect(codesOf(assembleSpans(spans))).toEqual([]);
    expect(codesOf(assembleSpans([...spans, tool('stray', 'read', 20, { callId: '9' })]))).toEqual(['calls-not-sent']);
  });

  it('with ids that start again in each answer go to the latest answer before them', () => {
    const run = assembleSpans([
      agent,
      llm('l1', 1, { asks: ['f#1'] }),
      tool('a', 'f', 7, { callId: '1' }),
      llm('l2', 20, { asks: ['f#1'] }),
      tool('b', 'f', 26, { callId: '1' }),
    ]);
    expect(askers(run)).toEqual(['l1', 'l2']);
  });

  it('are ordered through their wrappers', () => {
    const run = assembleSpans([
      agent,
      llm('l1', 1, { asks: ['f#1', 'f#2'] }),
      { id: 'task-2', parent: 'agent', kind: 'chain', start: 7, end: 10 },
      { id: 'task-1', parent: 'agent', kind: 'chain', start: 8, end: 11 },
      tool('t2', 'f', 7, { parent: 'task-2', callId: '2' }),
      tool('t1', 'f', 8, { parent: 'task-1', callId: '1' }),
    ]);
    expect(run.steps.map((step) => step.id)).toEqual(['agent', 'l1', 'task-1', 't1', 'task-2', 't2']);
  });

  it('without an id are linked by name, and by arguments where one answer asks twice', () => {
    const run = assembleSpans([
      agent,
      llm('l1', 1, { asks: ['calc{"expression":"1 + 1"}', 'calc{"expression":"2 * 2"}', 'find#f{"q":"x"}'] }),
      tool('product', 'calc', 7, { content: { toolArguments: '2 * 2' } }),
      tool('sum', 'calc', 8, { content: { toolArguments: '{ "expression": "1 + 1" }' } }),
      tool('find', 'find', 9),
    ]);
    expect(run.steps.map((step) => step.id)).toEqual(['agent', 'l1', 'sum', 'product', 'find']);
    expect([askers(run), run.toolCalls, run.contentReads]).toEqual([['l1', 'l1', 'l1'], 3, ['product']]);
  });

  it('that lost even their name take what is left, in order', () => {
    const run = assembleSpans([
      agent,
      llm('l1', 1, { asks: ['read#1', 'write#2'] }),
      tool('a', 'DynamicStructuredTool', 7),
      tool('b', 'DynamicStructuredTool', 10),
      llm('l2', 20),
    ]);
    expect([askers(run), run.toolCalls, outline(run)]).toEqual([
      ['l1', 'l1'],
      2,
      ['agent agent', '  llm l1', '  tool DynamicStructuredTool', '  tool DynamicStructuredTool', '  llm l2'],
    ]);
  });

  it('of one agent are not taken for those of another', () => {
    const sub = (id: string): TestSpan => ({ id, parent: 'agent', kind: 'agent', start: 1, end: 90 });
    const run = assembleSpans([
      agent,
      sub('one'),
      sub('two'),
      llm('l1', 2, { parent: 'one', asks: ['f#1'] }),
      llm('l2', 3, { parent: 'two', asks: ['f#1'] }),
      tool('t1', 'f', 10, { parent: 'one', callId: '1' }),
      tool('t2', 'f', 10, { parent: 'two', callId: '1' }),
    ]);
    expect([run.steps[run.step('t1').requestedBy ?? -1]?.id, run.steps[run.step('t2').requestedBy ?? -1]?.id]).toEqual([
      'l1',
      'l2',
    ]);
    expect([run.step('l1').agent, run.step('t2').agent]).toEqual(['one', 'two']);
  });

  it('that were interrupted and resumed are one call in two steps', () => {
    const run = assembleSpans([
      agent,
      llm('l1', 1, { asks: ['f#1'] }),
      tool('a', 'f', 7, { callId: '1', status: 'paused' }),
      tool('b', 'f', 50, { callId: '1' }),
    ]);
    expect([run.toolCalls, askers(run)]).toEqual([1, ['l1', 'l1']]);
  });
});

describe('tool calls without a span', () => {
  const asking = llm('l1', 1, { asks: ['read#1{"path":"a"}', 'write#2{"path":"b","text":"c"}'] });
  const next = llm('l2', 20, {
    content: {
      input: [
        toolMessage([{ type: 'tool_result', id: '1', result: 'contents' }]),
        toolMessage([{ type: 'tool_result', id: '2', result: 'disk full', isError: true }]),
      ],
    },
  });

  it('are rebuilt from the messages: after the answer, until the call that carries the result', () => {
    const run = assembleSpans([agent, asking, next]);
    expect(outline(run)).toEqual(['agent agent', '  llm l1', '  tool read', '  tool write', '  llm l2']);
    expect(run.steps[2]).toMatchObject({
      id: 'l1/tool-0',
      origin: 'messages',
      parentIndex: 0,
      spanSeq: 1,
      resultSpanSeq: 2,
      requestedBy: 1,
      parallelGroup: 0,
      preview: 'a',
      startNs: 6_000_000n,
      endNs: 20_000_000n,
      facts: { kind: 'tool', name: 'read', status: 'unset', tool: { callId: '1', isError: undefined, server: false } },
    });
    expect(run.steps[3]?.facts).toMatchObject({
      status: 'error',
      error: { message: 'disk full' },
      tool: { isError: true },
    });
    expect([run.toolCalls, run.errors, codesOf(run)]).toEqual([2, 1, ['tool-spans-missing']]);
  });

  it('read each prompt once, and not again when the run is assembled again', () => {
    const spans = [agent, asking, next];
    const facts = spans.map(factSpan);
    expect(assembleSpans(spans, { spans: facts }).contentReads).toEqual(['l2']);
    const again = assembleSpans(spans, { spans: facts });
    expect([again.contentReads, again.steps[3]?.facts.status]).toEqual([[], 'error']);
  });

  it('stand as running while nothing more has come, and keep their id when the span does', () => {
    const open = assembleSpans([agent, asking], { quiet: false });
    expect(open.steps.slice(2).map((step) => [step.id, step.facts.status, step.endNs])).toEqual([
      ['l1/tool-0', 'running', undefined],
      ['l1/tool-1', 'running', undefined],
    ]);
    expect(codesOf(open)).toEqual([]);
    const one = assembleSpans([agent, asking, tool('t', 'read', 7, { callId: '1' })], { quiet: false });
    expect(one.steps.map((step) => step.id)).toEqual(['agent', 'l1', 't', 'l1/tool-1']);
  });

  it('that were never answered are steps whose end is unknown', () => {
    const run = assembleSpans([agent, asking]);
    expect(run.steps.slice(2).map((step) => [step.facts.status, step.endNs, step.resultSpanSeq])).toEqual([
      ['unset', undefined, undefined],
      ['unset', undefined, undefined],
    ]);
    expect(run.toolCalls).toBe(2);
  });

  it('stand beside the wrapper of their call, not inside it', () => {
    const wrapper = llm('w', 1, { usage: { input: 10, output: 1 } });
    expect(
      outline(
        assembleSpans([
          agent,
          wrapper,
          llm('l1', 2, { parent: 'w', end: 5, usage: { input: 10, output: 1 }, asks: ['f#1'] }),
        ]),
      ),
    ).toEqual(['agent agent', '  chain w', '    llm l1', '  tool f']);
  });

  it('that the provider ran are part of its answer: below it, with its times', () => {
    const run = assembleSpans([
      agent,
      llm('l1', 1, {
        facts: { requestedTools: [{ id: 's1', name: 'web_search', arguments: '{"query":"x"}', server: true }] },
        content: {
          output: [
            {
              role: 'assistant',
              parts: [{ type: 'tool_result', id: 's1', result: '3 hits', isError: false, server: true }],
            },
          ],
        },
      }),
    ]);
    expect(outline(run)).toEqual(['agent agent', '  llm l1', '    tool web_search']);
    expect(run.steps[2]).toMatchObject({
      startNs: 1_000_000n,
      endNs: 6_000_000n,
      resultSpanSeq: 1,
      facts: { status: 'ok', tool: { server: true, isError: false } },
    });
    expect(codesOf(run)).toEqual([]);
  });
});

describe('one tool call seen several times, one inside the other', () => {
  it('is the outermost: framework, MCP client and MCP server are one call', () => {
    const run = assembleSpans([
      agent,
      llm('l1', 1, { asks: ['mcp__files__read#7'] }),
      tool('outer', 'mcp__files__read', 7, { callId: '7', end: 12 }),
      tool('client', 'read', 8, { parent: 'outer', end: 11, spanKind: 3, facts: { name: 'read', subKind: 'mcp' } }),
      tool('server', 'read', 9, {
        parent: 'client',
        end: 10,
        spanKind: 2,
        facts: { name: 'read', subKind: 'mcp' },
        status: 'error',
      }),
    ]);
    expect(outline(run)).toEqual([
      'agent agent',
      '  llm l1',
      '  tool mcp__files__read',
      '    ·chain read',
      '      ·chain read',
    ]);
    expect([run.toolCalls, run.errors, run.step('outer').facts.status, run.step('outer').facts.tool?.isError]).toEqual([
      1,
      1,
      'error',
      true,
    ]);
  });

  it('is not two tools of which one uses the other', () => {
    const run = assembleSpans([
      agent,
      tool('plan', 'plan', 7, { end: 20 }),
      tool('read', 'read', 8, { parent: 'plan', end: 11 }),
    ]);
    expect(run.toolCalls).toBe(2);
  });
});

describe('a tool comes after the answer that asked for it', () => {
  it('though another tool of that answer lies in the tree of the answer itself', () => {
    const run = assembleSpans([
      agent,
      { id: 'step', parent: 'agent', kind: 'chain', start: 1, end: 30 },
      llm('l1', 2, { parent: 'step', asks: ['edit#a', 'edit#b'] }),
      { id: 'title', parent: 'agent', kind: 'chain', start: 9, end: 11 },
      llm('side', 9, { parent: 'title' }),
      tool('b', 'edit', 12, { parent: 'step', callId: 'b' }),
      tool('a', 'edit', 13, { callId: 'a' }),
    ]);
    const order = run.steps.map((step) => step.id);
    expect(order.indexOf('l1')).toBeLessThan(order.indexOf('a'));
    expect(order.indexOf('l1')).toBeLessThan(order.indexOf('b'));
    expect(askers(run)).toEqual(['l1', 'l1']);
  });

  it('whatever tree it hangs in, and nothing else is moved', () => {
    const run = assembleSpans([
      agent,
      { id: 'tools', parent: 'agent', kind: 'chain', start: 1, end: 60 },
      llm('first', 2, { parent: 'tools' }),
      { id: 'task', parent: 'tools', kind: 'chain', start: 40, end: 50 },
      tool('t', 'edit', 41, { parent: 'task', callId: '1' }),
      { id: 'models', parent: 'agent', kind: 'chain', start: 20, end: 30 },
      llm('l1', 21, { parent: 'models', asks: ['edit#1'] }),
    ]);
    expect(outline(run)).toEqual([
      'agent agent',
      '  chain tools',
      '    llm first',
      '  chain models',
      '    llm l1',
      '  chain task',
      '    tool edit',
    ]);
  });
});
