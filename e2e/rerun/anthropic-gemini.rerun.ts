import { expect, test } from 'vitest';
import { describeAgent, jsAgent } from './agent-suite.ts';
import { agentCommand, openWorkbench } from './workbench.ts';

describeAgent(jsAgent('anthropic-agent', undefined, true, 'anthropic.messages'));
// Google's SDK asks once, unless it is told otherwise.
describeAgent({ ...jsAgent('gemini-agent', undefined, true, 'gemini.generate'), retriesAfter: undefined });

test('a result without an id is edited by its tool and its order', async () => {
  const bench = openWorkbench();
  try {
    const model = await bench.model({ rounds: 3, parallel: 2, withoutIds: true });
    const command = agentCommand('gemini-agent');
    const { runId, code, stderr } = await bench.record(model, command);
    expect(code, stderr).toBe(0);
    const fork = (await bench.show(runId)).steps.filter(({ kind }) => kind === 'llm')[2]?.index;
    const rerun = (callId: string) => {
      const file = bench.edits([{ op: 'tool_result', callId, content: 'found nothing at all' }]);
      return bench.rerun(runId, ['--from', String(fork), '--upstream', model.url, '--edit', file], command);
    };
    const refused = await rerun('lookup');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('It holds results of: lookup#1, lookup#2, lookup#3, lookup#4.');
    const before = model.calls.length;
    const edited = await rerun('lookup#2');
    expect(edited.take, edited.stderr).toMatchObject({ status: 'ok', served: { recorded: 2, live: 2, held: 0 } });
    const results = model.calls
      .slice(before)
      .map(({ body }) => [...body.matchAll(/"response":\{"output":"(found [^"]*)"/g)].map(([, text]) => text ?? ''));
    expect(results.map((list) => list.length)).toEqual([4, 6]);
    for (const list of results)
      expect(list.map((text) => text === 'found nothing at all')).toEqual(list.map((_, at) => at === 1));
  } finally {
    await bench.close();
  }
});
