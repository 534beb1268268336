import { describe, expect, test } from 'vitest';
import { fixture, outline, readTrajectories } from '../recorded/recorded.testing.ts';

const session = await readTrajectories(fixture('copilot/1.0.102-session/events.jsonl'));

let clock = 0;
const event = (type: string, data: object): string =>
  JSON.stringify({
    type,
    data,
    id: `e${clock}`,
    timestamp: new Date(1_780_000_000_000 + (clock += 1) * 1_000).toISOString(),
  });

describe('the events of Copilot CLI', () => {
  test('are one run: calls with the counts of their requests, tools with what became of them', () => {
    expect([session.format, session.skipped, session.runs.length]).toEqual(['copilot-cli', [], 1]);
    expect(outline(session.runs[0])).toEqual([
      'agent | Copilot CLI',
      'llm | gpt-5.1 | I list and read. | bash({"command":"cat notes.txt; wc -w notes.txt","description":"Read notes"}) | view({"path":"/home/dev/project/missing.txt"})',
      'tool | bash | {"command":"cat notes.txt; wc -w notes.txt","description":"Read notes"}',
      'tool | view | {"path":"/home/dev/project/missing.txt"} | error',
      'llm | gpt-5.1 | Four words.',
    ]);
    const calls = session.runs[0]?.filter(({ facts }) => facts.kind === 'llm') ?? [];
    expect(
      calls.map(({ facts, span, content }) => [
        facts.responseId,
        facts.usage?.input,
        facts.usage?.output,
        Number(span.endNs - span.startNs) / 1e6,
        content.input.length,
      ]),
    ).toEqual([
      ['chatcmpl_15', 1140, 74, 344, 2],
      ['chatcmpl_16', 1150, 75, 10, 5],
    ]);
  });

  test('those that VS Code keeps of a chat are of its chat, not of the CLI', async () => {
    clock = 0;
    const file = [
      event('session.start', { sessionId: 's', copilotVersion: '0.54.0', vscodeVersion: '1.126.0' }),
      event('user.message', { content: 'List the files' }),
      event('assistant.message', {
        messageId: 'a',
        content: 'I look.',
        toolRequests: [{ toolCallId: 't1', name: 'list_dir', arguments: '{"path":"/w"}', type: 'function' }],
      }),
      event('tool.execution_start', { toolCallId: 't1', toolName: 'list_dir', arguments: { path: '/w' } }),
      event('tool.execution_complete', { toolCallId: 't1', success: true }),
    ].join('\n');
    const [run] = (await readTrajectories(file)).runs;
    expect(outline(run)).toEqual([
      'agent | GitHub Copilot Chat',
      'llm | chat | I look. | list_dir({"path":"/w"})',
      'tool | list_dir | {"path":"/w"}',
    ]);
    expect(run?.[0]?.facts.runName).toBe('List the files');
  });

  test('sub-agents stand in the calls that started them; a failure is a failed call; a sum stands for what has no counts', async () => {
    clock = 0;
    const file = [
      event('session.start', { sessionId: 's', selectedModel: 'm' }),
      event('user.message', { content: 'Go' }),
      event('assistant.message', {
        messageId: 'a',
        content: '',
        toolRequests: [{ toolCallId: 't1', name: 'task', arguments: {} }],
      }),
      event('tool.execution_start', { toolCallId: 't1', toolName: 'task', arguments: {} }),
      event('subagent.started', { toolCallId: 't1', agentName: 'explore' }),
      event('assistant.message', { messageId: 'b', content: 'Seen', parentToolCallId: 't1', toolRequests: [] }),
      event('subagent.completed', { toolCallId: 't1' }),
      event('tool.execution_complete', { toolCallId: 't1', success: true, result: { content: 'done' } }),
      event('session.error', { message: 'quota is used up' }),
      event('session.shutdown', { modelMetrics: { m: { usage: { inputTokens: 30, outputTokens: 3 } } } }),
    ].join('\n');
    const [run = []] = (await readTrajectories(file)).runs;
    const byId = new Map(run.map(({ span }) => [span.spanId, span.name]));
    expect(
      run.map(({ span }) => `${(span.parentSpanId && byId.get(span.parentSpanId)) ?? '-'} > ${span.name}`),
    ).toEqual([
      '- > invoke_agent Copilot CLI',
      'invoke_agent Copilot CLI > chat m',
      'invoke_agent Copilot CLI > execute_tool task',
      'execute_tool task > invoke_agent explore',
      'invoke_agent explore > chat m',
      'invoke_agent Copilot CLI > chat m',
    ]);
    expect([run.at(-1)?.facts.error?.message, run[0]?.facts.usage?.input]).toEqual(['quota is used up', 30]);
  });
});
