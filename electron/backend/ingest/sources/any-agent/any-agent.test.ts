import { expect, test } from 'vitest';
import { outline, readTrajectories } from '../recorded/recorded.testing.ts';

/** By hand, after a trace of any-agent 1.x: ids and times are whole numbers that a double does not hold. */
const span = (name: string, id: string, parent: string | undefined, attributes: object): string =>
  JSON.stringify({
    name,
    kind: 'internal',
    parent: parent === undefined ? null : { trace_id: 'TRACE', span_id: parent, is_remote: false },
    start_time: 'START',
    end_time: 'END',
    status: { status_code: 'ok', description: null },
    context: { trace_id: 'TRACE', span_id: id, is_remote: false },
    attributes,
    links: [],
    events: [],
    resource: { attributes: { 'service.name': 'unknown_service' }, schema_url: '' },
  })
    .replaceAll('"TRACE"', '100927429609276267646756448943279827607')
    .replaceAll(/"span_id":"(\d+)"/g, '"span_id":$1')
    .replace('"START"', '1758026593210770001')
    .replace('"END"', '1758026593449611002');

test('spans with their calls, costs and exact times; the answer of the run is on its root', async () => {
  const text = `{"spans":[${[
    span('call_llm m', '9295669169508793927', '12324293800750531911', {
      'gen_ai.operation.name': 'call_llm',
      'gen_ai.request.model': 'mistral/mistral-small-latest',
      'gen_ai.input.messages': '[{"role":"user","content":"What year is it?"}]',
      'gen_ai.output': '[{"tool.name":"get_current_time","tool.args":"{\\"timezone\\":\\"UTC\\"}"}]',
      'gen_ai.usage.input_tokens': 269,
      'gen_ai.usage.output_tokens': 16,
      'gen_ai.usage.input_cost': 0.0000269,
      'gen_ai.usage.output_cost': 4.8e-6,
    }),
    span('execute_tool get_current_time', '9295669169508793928', '12324293800750531911', {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get_current_time',
      'gen_ai.tool.args': '{"timezone":"UTC"}',
      'gen_ai.output': '2026',
    }),
    span('invoke_agent [any_agent]', '12324293800750531911', undefined, {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'any_agent',
    }),
  ].join(',')}],"final_output":"It is 2026."}`;
  const { format, runs, skipped } = await readTrajectories(text);
  expect([format, skipped]).toEqual(['any-agent-json', []]);
  const [run = []] = runs;
  expect(outline(run)).toEqual([
    'llm | mistral/mistral-small-latest | get_current_time({"timezone":"UTC"}) | ok',
    'tool | get_current_time | {"timezone":"UTC"} | ok',
    'agent | any_agent | It is 2026. | ok',
  ]);
  expect(run[0]?.facts).toMatchObject({ usage: { input: 269, output: 16 } });
  expect(run[0]?.facts.reportedCostUsd).toBeCloseTo(0.0000317, 9);
  expect([run[0]?.span.startNs, run[0]?.span.endNs]).toEqual([1_758_026_593_210_770_001n, 1_758_026_593_449_611_002n]);
  expect(run[0]?.span.parentSpanId).toBe(run[2]?.span.spanId);
  expect(run[1]?.content.toolResult).toBe('2026');
});
