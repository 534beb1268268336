import { expect, test } from 'vitest';
import { fixture, outline, readTrajectories } from '../recorded/recorded.testing.ts';

/** By hand, after what chatDebugFileLoggerService.ts of VS Code writes, and lines of microsoft/vscode#306675 and #329657. */
const log = fixture('vscode-debug/0.99/main.jsonl');

test("VS Code's agent debug log: a chat with its calls, their answers and thoughts, tools, hooks and sub-agents, over a restart", async () => {
  const { format, runs, skipped, warnings } = await readTrajectories(log);
  expect(format).toBe('vscode-debug-json-lines');
  expect(skipped).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('system_prompt_0.json')]);
  expect(runs).toHaveLength(1);
  expect(outline(runs[0])).toEqual([
    'agent | GitHub Copilot Chat',
    'llm | claude-sonnet-4.6 | reasoning | read_file({"filePath":"/w/server.ts","startLine":1,"endLine":40}) | ok',
    'tool | read_file | {"filePath": "/w/server.ts", "startLine": 1, "endLine": 40} | ok',
    'other | PostToolUse | ok',
    'llm | claude-sonnet-4.6 | It listens on port 8080. | ok',
    'tool | run_in_terminal | {"command":"npm test"} | error',
    'agent | search | ok',
    'llm | claude-sonnet-4.6 | error',
  ]);
  const calls = (runs[0] ?? []).filter(({ facts }) => facts.kind === 'llm');
  expect(calls.map(({ facts }) => [facts.usage?.input, facts.usage?.cacheRead, facts.usage?.output])).toEqual([
    [14_210, 12_032, 96],
    [14_360, 14_208, 41],
    [undefined, undefined, undefined],
  ]);
  expect(calls.map(({ content }) => content.input.length)).toEqual([1, 3, 0]);
  expect([calls[0]?.facts.timeToFirstTokenMs, calls[2]?.facts.error?.message]).toEqual([
    810,
    'Response contained no choices.',
  ]);
});

test('ids that are counted again after a restart are other spans; what hangs in no span that is there hangs in the session', async () => {
  const { runs } = await readTrajectories(log);
  const spans = (runs[0] ?? []).map(({ span }) => span);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(8);
  const [root, , , , , terminal, search] = spans;
  expect(spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId)).toHaveLength(6);
  expect(terminal?.parentSpanId).toBe(search?.spanId);
  expect(root?.events.map(({ name }) => name)).toEqual([
    'session_start',
    'Load Instructions',
    'user_message',
    'turn_start:0',
    'turn_end:0',
    'user_message',
  ]);
});

test('a log that has grown is the same run: what was there keeps its ids', async () => {
  const lines = log.toString().split('\n');
  const [half, whole] = [await readTrajectories(lines.slice(0, 7).join('\n')), await readTrajectories(log)];
  const ids = ({ runs }: typeof half) => (runs[0] ?? []).map(({ span }) => `${span.traceId} ${span.spanId}`);
  expect(ids(half)).toHaveLength(3);
  expect(ids(whole)).toEqual(expect.arrayContaining([...ids(half)]));
});
