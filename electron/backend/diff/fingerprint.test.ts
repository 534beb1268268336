import { expect, test } from 'vitest';
import type { Message } from '../../../shared/model/message.ts';
import type { RunId } from '../../../shared/model/units.ts';
import { nanos } from '../../../shared/model/units.ts';
import type { StoredStep } from '../library/queries/steps.ts';
import type { StepContent } from '../telemetry/step-facts.ts';
import { fingerprintRun } from './fingerprint.ts';
import { createNormaliser } from './normalise.ts';
import { activeRules } from './rules.ts';

interface Told {
  readonly kind: 'agent' | 'llm' | 'tool';
  readonly name: string;
  readonly agent?: string;
  readonly parent?: number;
  readonly askedBy?: number;
  readonly callId?: string;
  readonly input?: readonly Message[];
  readonly output?: readonly Message[];
}

const text = (role: string, words: string): Message => ({ role, parts: [{ type: 'text', text: words }] }) as Message;
const call = (id: string, args: string): Message =>
  ({ role: 'assistant', parts: [{ type: 'tool_call', id, name: 'read', arguments: args }] }) as Message;
const result = (id: string, words: string): Message =>
  ({ role: 'tool', parts: [{ type: 'tool_result', id, result: words }] }) as Message;

function read(told: readonly Told[]) {
  const stored = told.map(({ kind, name, agent, parent, askedBy, callId }, index): StoredStep => ({
    runId: 'run' as RunId,
    runStartNs: nanos(0n),
    step: {
      index,
      parentIndex: parent,
      depth: 0,
      origin: 'span',
      spanSeq: index,
      resultSpanSeq: undefined,
      id: String(index),
      parentId: undefined,
      rawName: name,
      startNs: nanos(0n),
      endNs: undefined,
      agent,
      usageRole: undefined,
      cost: undefined,
      requestedBy: askedBy,
      parallelGroup: undefined,
      contextTokens: undefined,
      preview: undefined,
      answered: kind === 'llm',
      facts: {
        convention: 'test',
        kind,
        subKind: undefined,
        hidden: false,
        name,
        agentName: agent,
        agentId: undefined,
        status: 'ok',
        error: undefined,
        requestModel: undefined,
        responseModel: undefined,
        provider: undefined,
        serverAddress: undefined,
        serviceTier: undefined,
        responseId: undefined,
        finishReasons: [],
        streaming: undefined,
        timeToFirstTokenMs: undefined,
        usage: undefined,
        usageBasis: undefined,
        usageIsAggregate: false,
        reportedCostUsd: undefined,
        tool: kind === 'tool' ? { name, callId, isError: undefined, server: false } : undefined,
        requestedTools: [],
        conversation: undefined,
        userId: undefined,
        runName: undefined,
        siblingOrder: undefined,
        contentState: 'full',
        notices: [],
      },
    },
  }));
  const contents = {
    content: (_run: string, seq: number): { readonly content: StepContent } => ({
      content: {
        input: told[seq]?.input ?? [],
        output: told[seq]?.output ?? [],
        tools: [],
        parameters: [],
        toolArguments: undefined,
        toolResult: undefined,
        continues: undefined,
        contentState: 'full',
      },
    }),
    tool: () => ({ arguments: undefined, result: undefined }),
  };
  return fingerprintRun(stored, contents, createNormaliser(activeRules(undefined)), {
    deadline: Number.POSITIVE_INFINITY,
    from: 0,
  }).steps;
}

test('an agent that is started a second time has seen nothing before: its prompt is new to it again', () => {
  const prompt = [text('system', 'You bisect.'), text('user', 'Find the commit.')];
  const once = (at: number): Told[] => [
    { kind: 'agent', name: 'bisect', agent: 'bisect' },
    {
      kind: 'llm',
      name: 'model',
      agent: 'bisect',
      parent: at,
      input: prompt,
      output: [text('assistant', 'It is one of two.')],
    },
    {
      kind: 'llm',
      name: 'model',
      agent: 'bisect',
      parent: at,
      input: [...prompt, text('assistant', 'It is one of two.'), text('user', 'Which?')],
      output: [text('assistant', 'The second.')],
    },
  ];
  const [, first, second, , third, fourth] = read([...once(0), ...once(3)]);
  expect(third?.content.input?.normal).toBe(first?.content.input?.normal);
  expect(fourth?.content.input?.normal).toBe(second?.content.input?.normal);
  expect(second?.content.input?.normal).not.toBe(first?.content.input?.normal);
});

test('an agent step around every turn of one conversation starts nothing anew', () => {
  const prompt = [text('system', 'You answer.'), text('user', 'First.')];
  const said = [...prompt, text('assistant', 'One.'), text('user', 'Second.')];
  const [, , , again] = read([
    { kind: 'agent', name: 'chat', agent: 'chat' },
    { kind: 'llm', name: 'model', agent: 'chat', parent: 0, input: prompt, output: [text('assistant', 'One.')] },
    { kind: 'agent', name: 'chat', agent: 'chat' },
    { kind: 'llm', name: 'model', agent: 'chat', parent: 2, input: said, output: [text('assistant', 'Two.')] },
  ]);
  const [onlyNew] = read([{ kind: 'llm', name: 'model', input: [text('user', 'Second.')], output: [] }]);
  expect(again?.content.input?.normal).toBe(onlyNew?.content.input?.normal);
});

test('a client that numbers the calls of each answer anew: every call keeps its own arguments and result', () => {
  const asked = [text('user', 'Read both.')];
  const first = [...asked, call('call_0', '{"path":"a"}'), result('call_0', 'text of a')];
  const second = [...first, call('call_0', '{"path":"b"}'), result('call_0', 'text of b')];
  const steps = read([
    { kind: 'llm', name: 'model', input: asked, output: [call('call_0', '{"path":"a"}')] },
    { kind: 'tool', name: 'read', callId: 'call_0', askedBy: 0 },
    { kind: 'llm', name: 'model', input: first, output: [call('call_0', '{"path":"b"}')] },
    { kind: 'tool', name: 'read', callId: 'call_0', askedBy: 2 },
    { kind: 'llm', name: 'model', input: second, output: [text('assistant', 'Read.')] },
  ]);
  const of = (words: string): string => createNormaliser(activeRules(undefined)).aspect(words).normal;
  expect([1, 3].map((at) => [steps[at]?.content.arguments?.normal, steps[at]?.content.result?.normal])).toEqual([
    [of('{"path":"a"}'), of('text of a')],
    [of('{"path":"b"}'), of('text of b')],
  ]);
});
