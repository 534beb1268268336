import { describe, expect, it } from 'vitest';
import { readCapture } from './capture-truth.testing.ts';
import { viewOtlpJson } from './conventions.testing.ts';
import { readContent } from './conventions.ts';

const { steps, truth } = readCapture('gemini-cli', 'alt', 'traces.jsonl.gz');
const ofKind = (kind: string) => steps.filter((step) => step.facts.kind === kind && !step.facts.hidden);

describe('spans of Gemini CLI, without its logs', () => {
  it('are model calls and tools; scheduling is hidden', () => {
    expect([ofKind('llm').length, ofKind('tool').length, steps.filter((step) => step.facts.hidden).length]).toEqual([
      7, 11, 6,
    ]);
    expect(new Set(steps.map((step) => step.facts.convention))).toEqual(new Set(['gemini-cli']));
    expect(new Set(steps.map((step) => step.facts.conversation?.value)).size).toBe(1);
  });

  it('count output without thinking, and say so', () => {
    const calls = ofKind('llm');
    expect(calls.map(({ facts }) => [facts.usage?.input, facts.usage?.output])).toEqual(
      truth.llmCalls.map(({ usage }) => [usage?.input, (usage?.output ?? 0) - (usage?.reasoning ?? 0)]),
    );
    for (const { facts } of calls)
      expect([facts.provider, facts.notices.map(({ code }) => code)]).toEqual([
        'gcp.gemini',
        ['reasoning-tokens-not-sent'],
      ]);
  });

  it('have the chunks of an answer as one message, with the tools it asks for', () => {
    const calls = ofKind('llm');
    expect(
      calls.map(({ facts }) =>
        facts.requestedTools.map(({ name, arguments: text }) => [name, JSON.parse(text ?? 'null') as unknown]),
      ),
    ).toEqual(
      truth.llmCalls.map(({ seq }) =>
        truth.toolCalls
          .filter((tool) => tool.llmSeq === seq)
          .map(({ name, args }) => [name, JSON.parse(args) as unknown]),
      ),
    );
    const [first] = calls;
    if (!first) throw new Error('no calls');
    const { output, input, tools } = readContent(first.view);
    expect(output).toHaveLength(1);
    expect(output[0]?.parts.map(({ type }) => type)).toEqual(['reasoning', 'text', 'tool_call', 'tool_call']);
    expect(input.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(tools.length).toBeGreaterThan(5);
    expect(first.facts.finishReasons).not.toContain('stop');
  });

  it("have a tool's arguments and what went back to the model", () => {
    const [first] = ofKind('tool');
    if (!first) throw new Error('no tools');
    expect(first.facts.tool).toMatchObject({
      name: 'run_shell_command',
      callId: 'run_shell_command__fc_29dqNjqBG2',
      isError: false,
    });
    const { toolArguments, toolResult } = readContent(first.view);
    expect(JSON.parse(toolArguments ?? '')).toEqual({
      command: 'ls -la && git log --oneline | head -5',
      description: 'List files and recent commits',
      is_background: false,
    });
    expect(toolResult).toMatch(/^<untrusted_context>\nOutput: total 28\n/);
  });
});

it('a failed tool says why, and cut content is cut', () => {
  const value = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const result = JSON.stringify({
    status: 'error',
    request: { callId: 'c' },
    response: {
      callId: 'c',
      error: { message: 'File not found' },
      responseParts: [{ functionResponse: { id: 'c', name: 'read_file', response: { error: 'File not found: /x' } } }],
    },
  });
  const span = {
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    name: 'tool_call',
    kind: 1,
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
    attributes: [
      value('gen_ai.operation.name', 'tool_call'),
      value('gen_ai.agent.name', 'gemini-cli'),
      value('gen_ai.tool.name', 'read_file'),
      value(
        'gen_ai.input.messages',
        '{"callId":"c","name":"read_file","args":{"file_path":"/x...[TRUNCATED: original length 12000]',
      ),
      value('gen_ai.output.messages', result),
    ],
  };
  const [view] = viewOtlpJson(
    Buffer.from(
      JSON.stringify({ resourceSpans: [{ scopeSpans: [{ scope: { name: 'gemini-cli' }, spans: [span] }] }] }),
    ),
  );
  if (!view) throw new Error('no span');
  const content = readContent(view);
  expect(content.toolResult).toBe('File not found: /x');
  expect(content.toolArguments).toContain('file_path');
  expect(content.contentState).toBe('truncated');
});
