import { describe, expect, it } from 'vitest';
import type { LogView } from '../../telemetry/span-view.ts';
import { codexLogs } from './codex-logs.ts';
import { readFixture, spanOf } from './conventions.testing.ts';
import type { TestAttributes } from './conventions.testing.ts';
import { readContent, readFacts } from './conventions.ts';
import { callKey } from './log-convention.ts';
import type { LogSubject } from './log-convention.ts';

describe('spans of Codex', () => {
  it('are steps of three kinds; what Rust traces of itself is hidden', () => {
    const counts = new Map<string, number>();
    for (const view of readFixture('codex/alt/traces.jsonl.gz')) {
      const { kind, hidden } = readFacts(view);
      const what = hidden ? 'hidden' : kind;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ hidden: 1_778, agent: 1, llm: 7, tool: 17 });
  });

  it('have the tokens of a call, its cached and reasoning ones inside, and the same again on the turn', () => {
    const views = readFixture('codex/alt/traces.jsonl.gz');
    const facts = views.map((view) => readFacts(view)).filter(({ hidden }) => !hidden);
    const calls = facts.filter(({ kind }) => kind === 'llm');
    expect(calls[0]).toMatchObject({
      usage: { input: 12_942, output: 162, cacheRead: 0, cacheWrite: 0, reasoning: 133 },
      usageBasis: 'inclusive',
      within: 'run_sampling_request',
    });
    const turn = facts.find(({ kind }) => kind === 'agent');
    expect(turn).toMatchObject({ name: 'Codex', conversation: { key: 'conversation.id' }, usageIsAggregate: true });
    expect(turn?.usage?.input).toBe(calls.reduce((sum, { usage }) => sum + (usage?.input ?? 0), 0));
  });
});

describe('what log events add to a tool', () => {
  const tool = (event: string, attributes: TestAttributes) =>
    spanOf({
      name: 'exec_command',
      scope: 'codex_exec',
      attributes: [
        ['codex.tool.phase', 'dispatch'],
        ['tool_name', 'exec_command'],
        ['call_id', 'call_1'],
        ['target', 'codex_core::tools'],
      ],
      logs: [{ name: 'event otel/src/tool_result.rs:54', attributes: [['event.name', event], ...attributes] }],
    });

  it('is the exit code, though Codex calls it a success', () => {
    const view = tool('codex.tool_result', [
      ['success', 'true'],
      ['arguments', '{"cmd":"false"}'],
      ['output', 'Chunk ID: 1\nProcess exited with code 2\nOutput:\nProcess exited with code 0\n'],
    ]);
    expect(readFacts(view)).toMatchObject({
      status: 'error',
      error: { message: 'Process exited with code 2' },
      tool: { name: 'exec_command', callId: 'call_1', isError: true },
    });
    expect(readContent(view)).toMatchObject({ toolArguments: '{"cmd":"false"}', contentState: 'full' });
  });

  it('is a success only when somebody says so', () => {
    expect(
      readFacts(
        tool('codex.tool_result', [
          ['success', 'true'],
          ['output', 'Process exited with code 0\nall good'],
        ]),
      ).tool?.isError,
    ).toBe(false);
    expect(readFacts(tool('codex.tool_decision', [['decision', 'approved']])).tool?.isError).toBeUndefined();
  });

  it('is that it was not run', () => {
    expect(
      readFacts(
        tool('codex.tool_decision', [
          ['decision', 'denied'],
          ['source', 'User'],
        ]),
      ),
    ).toMatchObject({ status: 'error', error: { message: 'Not run: denied (User).' } });
  });

  it('says when the client cut its output', () => {
    expect(
      readContent(
        tool('codex.tool_result', [
          ['output', 'beginning'],
          ['output_truncated', true],
        ]),
      ).contentState,
    ).toBe('truncated');
  });
});

describe('what log events tell of', () => {
  const log = (event: string, attributes: TestAttributes): LogView => {
    const [view] = spanOf({
      logs: [
        { name: 'event otel/src/events/session_telemetry.rs:703', attributes: [['event.name', event], ...attributes] },
      ],
    }).logs;
    if (!view) throw new Error('no log');
    return view;
  };
  const subjects = (...views: readonly LogView[]): readonly (LogSubject | undefined)[] =>
    codexLogs.subjects(views.map((view) => ({ scopeName: 'codex_otel.log_only', view })));
  const completed: TestAttributes = [
    ['event.kind', 'response.completed'],
    ['input_token_count', '10'],
    ['output_token_count', '2'],
  ];

  it('is one call from its request to its completion, a refused one by itself', () => {
    const found = subjects(
      log('codex.user_prompt', []),
      log('codex.api_request', [
        ['endpoint', '/responses'],
        ['http.response.status_code', '429'],
      ]),
      log('codex.api_request', [
        ['endpoint', '/responses'],
        ['http.response.status_code', '200'],
      ]),
      log('codex.sse_event', [['event.kind', 'response.created']]),
      log('codex.sse_event', [
        ['event.kind', 'response.completed'],
        ['duration_ms', '0'],
      ]),
      log('codex.sse_event', completed),
      log('codex.tool_result', [['call_id', 'call_1']]),
      log('codex.tool_result', [['call_id', 'exec-1']]),
      log('codex.api_request', [['endpoint', '/models']]),
    );
    expect(found.map((subject) => subject?.about)).toEqual([
      ['codex prompt 1'],
      ['codex call 1'],
      ['codex call 2'],
      undefined,
      undefined,
      ['codex call 2'],
      [callKey('call_1'), 'codex call 2'],
      [callKey('exec-1')],
      undefined,
    ]);
    expect(found[5]?.near).toMatchObject({ kind: 'llm', by: 'end', input: 10, output: 2 });
  });

  it('is, of a call that failed, its status and message', () => {
    const view = spanOf({
      name: 'codex.api_request',
      scope: 'codex_otel.log_only',
      attributes: [['event.name', 'codex.api_request']],
      logs: [
        {
          name: 'x',
          attributes: [
            ['event.name', 'codex.api_request'],
            ['http.response.status_code', '429'],
            ['error.message', 'Slow down'],
            ['model', 'gpt-6'],
          ],
        },
      ],
    });
    expect(readFacts(view)).toMatchObject({
      kind: 'llm',
      name: 'gpt-6',
      provider: 'openai',
      status: 'error',
      error: { type: 'HTTP 429', message: 'Slow down' },
    });
  });

  it('has one run for each conversation', () => {
    expect(
      codexLogs.session({
        scopeName: 'codex_otel.log_only',
        view: log('codex.user_prompt', [['conversation.id', 'c1']]),
      }),
    ).toBe('c1');
  });
});
