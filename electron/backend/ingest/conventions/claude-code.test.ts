import { describe, expect, it } from 'vitest';
import type { AttributeValue, LogView } from '../../telemetry/span-view.ts';
import { claudeCodeLogs } from './claude-code-logs.ts';
import { spanOf } from './conventions.testing.ts';
import type { TestAttributes } from './conventions.testing.ts';
import { readContent, readFacts } from './conventions.ts';
import { callKey, responseKey } from './log-convention.ts';
import type { LogSubject } from './log-convention.ts';

const scope = 'com.anthropic.claude_code.tracing';
const attempt = (number: number) => ({
  name: 'gen_ai.request.attempt',
  attributes: [['attempt', number]] as TestAttributes,
});
const request: TestAttributes = [
  ['model', 'claude-sonnet-5'],
  ['gen_ai.system', 'anthropic'],
  ['request_id', 'req_1'],
  ['input_tokens', 6],
  ['output_tokens', 33],
  ['cache_read_tokens', 23_040],
  ['cache_creation_tokens', 395],
  ['stop_reason', 'tool_use'],
];

describe('spans of Claude Code', () => {
  it('are an agent, its model calls and its tools; waits and hooks are hidden', () => {
    const kindOf = (name: string): readonly [string, boolean] => {
      const { kind, hidden } = readFacts(
        spanOf({ name: `claude_code.${name}`, scope, attributes: [['gen_ai.operation.name', 'execute_tool']] }),
      );
      return [kind, hidden];
    };
    expect(
      ['interaction', 'llm_request', 'tool', 'tool.execution', 'tool.blocked_on_user', 'hook'].map(kindOf),
    ).toEqual([
      ['agent', false],
      ['llm', false],
      ['tool', false],
      ['tool', false],
      ['other', true],
      ['other', true],
    ]);
  });

  it('count input without what was cached: the figures are made whole', () => {
    const facts = readFacts(
      spanOf({ name: 'claude_code.llm_request', scope, attributes: request, events: [attempt(1)] }),
    );
    expect(facts).toMatchObject({
      name: 'claude-sonnet-5',
      provider: 'anthropic',
      responseId: 'req_1',
      usage: { input: 23_441, output: 33, cacheRead: 23_040, cacheWrite: 395 },
      usageBasis: 'exclusive-fixed',
      finishReasons: ['tool_call'],
    });
    // The only attempt is the answer itself.
    expect(facts.failedAttempts).toBe(0);
    expect(facts.contentState).toBe('none');
    expect(facts.notices.map(({ code }) => code)).toEqual(['input-not-sent']);
  });

  it('tell of attempts by events, the last one included', () => {
    const facts = readFacts(
      spanOf({
        name: 'claude_code.llm_request',
        scope,
        attributes: [...request, ['success', true]],
        events: [attempt(1), attempt(2), attempt(3)],
      }),
    );
    expect([facts.failedAttempts, facts.status]).toEqual([2, 'unset']);
  });

  it('have the side calls apart', () => {
    const subKind = (source: string): string | undefined =>
      readFacts(
        spanOf({ name: 'claude_code.llm_request', scope, attributes: [...request, ['query_source_safe', source]] }),
      ).subKind;
    expect(['sdk', 'repl_main_thread', 'compact'].map(subKind)).toEqual([undefined, undefined, 'compact']);
  });

  it('name the sub-agent that a tool starts', () => {
    const tool = (attributes: TestAttributes) => readFacts(spanOf({ name: 'claude_code.tool', scope, attributes }));
    const agent = tool([
      ['tool_name', 'Agent'],
      ['subagent_type', 'Explore'],
    ]);
    expect([agent.kind, agent.name, agent.subKind, agent.agentName]).toEqual(['tool', 'Agent', 'sub_agent', 'Explore']);
    expect(tool([['tool_name', 'Bash']]).subKind).toBeUndefined();
  });

  it('show a tool without content flags by the argument that its span has', () => {
    const content = readContent(
      spanOf({
        name: 'claude_code.tool',
        scope,
        attributes: [
          ['tool_name', 'Bash'],
          ['full_command', 'ls -la'],
        ],
      }),
    );
    expect([content.toolArguments, content.contentState]).toEqual(['{"command":"ls -la"}', 'truncated']);
  });
});

describe('what log events add to a span', () => {
  const tool = (logs: Parameters<typeof spanOf>[0]['logs']) =>
    spanOf({
      name: 'claude_code.tool',
      scope,
      attributes: [
        ['tool_name', 'Bash'],
        ['tool_use_id', 'toolu_1'],
      ],
      logs: logs ?? [],
    });

  it("is a tool's arguments, and that it failed", () => {
    const view = tool([
      {
        name: 'tool_result',
        attributes: [
          ['tool_use_id', 'toolu_1'],
          ['tool_input', '{"command":"false"}'],
          ['success', 'false'],
          ['error', 'Exit code 1'],
          ['error_type', 'Error'],
        ],
      },
    ]);
    expect(readFacts(view)).toMatchObject({
      status: 'error',
      error: { type: 'Error', message: 'Exit code 1' },
      tool: { name: 'Bash', callId: 'toolu_1', isError: true },
    });
    expect(readContent(view).toolArguments).toBe('{"command":"false"}');
  });

  it('is that a person said no', () => {
    const view = tool([
      {
        name: 'tool_decision',
        attributes: [
          ['tool_use_id', 'toolu_1'],
          ['decision', 'reject'],
          ['source', 'user_reject'],
        ],
      },
    ]);
    expect(readFacts(view)).toMatchObject({ status: 'error', error: { message: 'Not run: rejected (user_reject).' } });
  });

  it('is an answer with its text and its calls, in the order of their approval, and what it cost', () => {
    const view = spanOf({
      name: 'claude_code.llm_request',
      scope,
      attributes: request,
      logs: [
        {
          name: 'tool_decision',
          attributes: [
            ['tool_use_id', 'toolu_1'],
            ['tool_name', 'Bash'],
          ],
        },
        {
          name: 'tool_decision',
          attributes: [
            ['tool_use_id', 'toolu_2'],
            ['tool_name', 'mcp_tool'],
            ['tool_parameters', '{"mcp_server_name":"shop","mcp_tool_name":"find"}'],
          ],
        },
        {
          name: 'api_request',
          attributes: [
            ['request_id', 'req_1'],
            ['cost_usd', 0.5],
            ['input_tokens', 6],
            ['output_tokens', 33],
            ['cache_read_tokens', 23_040],
            ['cache_creation_tokens', 395],
            ['cache_creation_5m_tokens', 395],
          ],
        },
        { name: 'assistant_response', attributes: [['response', 'Looking.']] },
        {
          name: 'tool_result',
          attributes: [
            ['tool_use_id', 'toolu_2'],
            ['tool_name', 'mcp_tool'],
            ['tool_parameters', '{"mcp_server_name":"shop","mcp_tool_name":"find"}'],
            ['tool_input', '{"q":1}'],
          ],
        },
        {
          name: 'tool_result',
          attributes: [
            ['tool_use_id', 'toolu_1'],
            ['tool_name', 'Bash'],
            ['tool_input', '{"command":"ls"}'],
          ],
        },
      ],
    });
    const facts = readFacts(view);
    expect(facts).toMatchObject({
      reportedCostUsd: 0.5,
      usage: { input: 23_441, cacheWrite: 395, cacheWrite5m: 395 },
      contentState: 'full',
    });
    expect(facts.requestedTools).toEqual([
      { id: 'toolu_1', name: 'Bash', arguments: '{"command":"ls"}', server: false },
      { id: 'toolu_2', name: 'mcp__shop__find', arguments: '{"q":1}', server: false },
    ]);
    expect(readContent(view).output[0]?.parts[0]).toEqual({ type: 'text', text: 'Looking.' });
  });

  it('is, with raw bodies, all that was asked and answered', () => {
    const view = spanOf({
      name: 'claude_code.llm_request',
      scope,
      attributes: request,
      logs: [
        {
          name: 'api_request_body',
          attributes: [
            [
              'body',
              JSON.stringify({
                model: 'claude-sonnet-5',
                max_tokens: 100,
                system: 'Be brief.',
                messages: [{ role: 'user', content: 'Hello' }],
                tools: [{ name: 'Bash', description: 'Runs', input_schema: { type: 'object' } }],
              }),
            ],
          ],
        },
        {
          name: 'api_response_body',
          attributes: [
            [
              'body',
              JSON.stringify({
                role: 'assistant',
                content: [
                  { type: 'text', text: 'Hi' },
                  { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} },
                ],
              }),
            ],
          ],
        },
      ],
    });
    const content = readContent(view);
    expect(content.input.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(content.output).toMatchObject([
      {
        role: 'assistant',
        parts: [
          { type: 'text', text: 'Hi' },
          { type: 'tool_call', id: 'toolu_1' },
        ],
      },
    ]);
    expect(content.tools.map(({ name }) => name)).toEqual(['Bash']);
    expect(content.parameters).toEqual([{ name: 'max_tokens', value: '100' }]);
    expect(readFacts(view).notices).toEqual([]);
  });
});

describe('what log events tell of', () => {
  const log = (event: string, attributes: Readonly<Record<string, AttributeValue>>): LogView => {
    const [view] = spanOf({ logs: [{ name: `claude_code.${event}`, attributes: Object.entries(attributes) }] }).logs;
    if (!view) throw new Error('no log');
    return view;
  };
  const subjects = (...views: readonly LogView[]): readonly (LogSubject | undefined)[] =>
    claudeCodeLogs.subjects(views.map((view) => ({ scopeName: 'com.anthropic.claude_code.events', view })));
  const aboutOf = (...views: readonly LogView[]): readonly (readonly string[] | undefined)[] =>
    subjects(...views).map((subject) => subject?.about);

  it('goes by their ids, a request body by the response that follows it in its prompt', () => {
    expect(
      aboutOf(
        log('api_request_body', { 'prompt.id': 'p1' }),
        log('api_request_body', { 'prompt.id': 'p2' }),
        log('api_response_body', { 'prompt.id': 'p2', request_id: 'r2' }),
        log('api_response_body', { 'prompt.id': 'p1', request_id: 'r1' }),
        log('tool_result', { tool_use_id: 't1', request_id: 'r1' }),
        log('mcp_server_connection', {}),
        log('tool_result', {}),
      ),
    ).toEqual([
      [responseKey('r1')],
      [responseKey('r2')],
      [responseKey('r2')],
      [responseKey('r1')],
      [callKey('t1'), responseKey('r1')],
      undefined,
      undefined,
    ]);
  });

  it('has a run of its own for each prompt of a session, and for none before the first', () => {
    const session = (attributes: Readonly<Record<string, AttributeValue>>): string | undefined =>
      claudeCodeLogs.session({ scopeName: '', view: log('user_prompt', attributes) });
    expect([
      session({ 'session.id': 's', 'prompt.id': 'p' }),
      session({ 'session.id': 's' }),
      session({ 'prompt.id': 'p' }),
    ]).toEqual(['s p', undefined, undefined]);
  });

  it('survives durations that cannot be', () => {
    for (const duration of [-5, 1e30, Number.NaN, 'soon']) {
      const [subject] = subjects(log('api_request', { request_id: 'r', duration_ms: duration }));
      expect([subject?.step?.startNs, subject?.step?.endNs]).toEqual([1n, 1n]);
    }
    expect(subjects(log('api_request', { request_id: 'r', duration_ms: 500 }))[0]?.step?.startNs).toBe(0n);
  });
});
