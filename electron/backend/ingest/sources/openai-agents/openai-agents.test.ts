import { describe, expect, test } from 'vitest';
import { fixture, outline, readTrajectories } from '../recorded/recorded.testing.ts';

describe('traces of the OpenAI Agents SDK', () => {
  test('as the SDK sends them', async () => {
    const { format, runs, skipped } = await readTrajectories(fixture('openai-agents-export/py-0.24.0/traces.json'));
    expect([format, runs.length, skipped]).toEqual(['openai-agents-json', 1, []]);
    const run = (runs[0] ?? []).toSorted((a, b) => Number(a.span.startNs - b.span.startNs));
    expect(outline(run)).toEqual([
      'agent | Triage',
      'guardrail | no_politics',
      'llm | gpt-4o-mini | get_weather({"city":"Paris"})',
      'tool | get_weather | {"city":"Paris"}',
      'tool | get_air | {"city":"Paris"} | error',
      'chain | handoff to Weather',
      'agent | Weather',
      'chain | look',
    ]);
    const [triage, , call, weather, air, handoff, second] = run;
    expect(call?.facts).toMatchObject({ usage: { input: 61, output: 17 }, agentName: 'Triage' });
    expect(call?.content.input.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(call?.content.parameters).toContainEqual({ name: 'temperature', value: '0.2' });
    expect(weather?.content.toolResult).toBe('18 degrees');
    expect(air?.facts.error).toMatchObject({ message: 'Error running tool' });
    expect(air?.attributes.text('retake.import.error')).toContain('no station');
    expect(handoff?.facts.subKind).toBe('handoff');
    expect([triage?.facts.runName, triage?.facts.conversation?.value, second?.span.parentSpanId]).toEqual([
      'Weather workflow',
      'chat-7',
      undefined,
    ]);
    expect(triage?.attributes.text('retake.import.metadata')).toBe('{"customer":"c-1"}');
    expect(triage?.span.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  /** By hand: processors of users write the response too. */
  const span = (id: string, parent: string | null, data: object, more: object = {}): object => ({
    object: 'trace.span',
    id,
    trace_id: 'trace_4bf92f3577b34da6a3ce929d0e0e4736',
    parent_id: parent,
    started_at: '2026-02-03T15:19:52.242123+00:00',
    ended_at: '2026-02-03T15:19:53+00:00',
    span_data: data,
    error: null,
    ...more,
  });
  const usage = {
    input_tokens: 508,
    input_tokens_details: { cached_tokens: 100 },
    output_tokens: 70,
    output_tokens_details: { reasoning_tokens: 20 },
  };
  const response = {
    id: 'resp_1',
    model: 'gpt-5',
    instructions: 'Be short.',
    output: [
      { type: 'reasoning', summary: [] },
      { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
    ],
    usage,
    tools: [{ type: 'function', name: 'look', parameters: {} }],
  };
  const printed =
    "Response(id='resp_1', created_at=1751181818.0, error=None, instructions='Be short.', metadata={}, model='gpt-5', object='response', output=[ResponseOutputMessage(id='m', content=[ResponseOutputText(annotations=[], text='It\\'s 18\\ndegrees', type='output_text')], role='assistant'), ResponseFunctionToolCall(arguments='{}', call_id='c1', name='look', type='function_call')], usage=ResponseUsage(input_tokens=508, input_tokens_details=InputTokensDetails(cached_tokens=100), output_tokens=70, output_tokens_details=OutputTokensDetails(reasoning_tokens=20), total_tokens=578))";

  test.each([
    [
      'as JSON',
      span('span_1', null, { type: 'response', response, input: [{ role: 'user', content: 'Paris?' }] }),
      'look({})',
    ],
    [
      'as Python prints it',
      span(
        'span_1',
        null,
        { type: 'response', response_id: 'resp_1' },
        { span_data_input: [{ role: 'user', content: 'Paris?' }], span_data_response: printed },
      ),
      "It's 18\ndegrees | look({})",
    ],
  ])('a response %s', async (_, value, said) => {
    const { runs } = await readTrajectories(`${JSON.stringify(value)}\n`);
    const [call] = runs[0] ?? [];
    expect(outline(runs[0]).join('').replace('reasoning | ', '')).toBe(`llm | gpt-5 | ${said}`);
    expect(call?.facts).toMatchObject({
      usage: { input: 508, output: 70, cacheRead: 100, reasoning: 20 },
      responseId: 'resp_1',
    });
    expect(call?.content.input.map(({ role }) => role)).toEqual(['system', 'user']);
  });

  test('a trace beside its spans, as own processors write it', async () => {
    const trace = { object: 'trace', id: 'trace_4bf92f3577b34da6a3ce929d0e0e4736', workflow_name: 'Weather' };
    const spans = [span('span_1', null, { type: 'agent', name: 'Clerk' })];
    const { runs, skipped } = await readTrajectories(JSON.stringify({ trace, spans }));
    expect([skipped, runs.length]).toEqual([[], 1]);
    expect(outline(runs[0])).toEqual(outline((await readTrajectories(JSON.stringify({ ...trace, spans }))).runs[0]));
  });

  test('a trace without spans is named, a bad line too, the rest is read', async () => {
    const lines = [
      JSON.stringify({ object: 'trace', id: 'trace_1', workflow_name: 'w' }),
      '{"object":"trace.span","id":',
      JSON.stringify(span('span_2', 'span_1', { type: 'function', name: 'f', input: 'x', output: 'y' })),
      '{"object":"response"}',
    ];
    const { runs, skipped } = await readTrajectories(lines.join('\n'));
    expect(outline(runs[0])).toEqual(['tool | f | x']);
    expect(skipped).toHaveLength(3);
    expect(skipped.at(-1)).toBe('trace trace_1 (w): none of its spans are in the file');
  });
});
