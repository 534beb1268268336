import { describe, expect, test } from 'vitest';
import { fixture, outline, readTrajectories } from '../recorded/recorded.testing.ts';

const chatFile = fixture('gemini-cli/0.61.0-session/chat.jsonl').toString();
const chat = await readTrajectories(chatFile);

describe('a chat of Gemini CLI', () => {
  test('is one run: lines that replace others count once, and what a resumed chat repeats is context', () => {
    expect([chat.format, chat.skipped, chat.runs.length]).toEqual(['gemini-cli', [], 1]);
    expect(outline(chat.runs[0])).toEqual([
      'agent | Gemini CLI',
      'llm | gemini-3.1-pro-preview | reasoning | I list and read. | run_shell_command({"command":"cat notes.txt; wc -w notes.txt","description":"Read notes","is_background":false}) | read_file({"file_path":"/home/dev/project/missing.txt","absolute_path":"/home/dev/project/missing.txt"})',
      'tool | run_shell_command | {"command":"cat notes.txt; wc -w notes.txt","description":"Read notes","is_background":false}',
      'tool | read_file | {"file_path":"/home/dev/project/missing.txt","absolute_path":"/home/dev/project/missing.txt"} | error',
      'llm | gemini-3.1-pro-preview | reasoning | Four words.',
      'llm | gemini-3.1-pro-preview | Goodbye.',
    ]);
    const [run = []] = chat.runs;
    const calls = run.filter(({ facts }) => facts.kind === 'llm');
    // As the server counted: answers with their thoughts.
    expect(
      calls.map(({ facts }) => [
        facts.usage?.input,
        facts.usage?.output,
        facts.usage?.cacheRead,
        facts.usage?.reasoning,
      ]),
    ).toEqual([
      [1060, 66, 506, 20],
      [1070, 67, 507, 20],
      [1090, 69, 509, 20],
    ]);
    expect(calls.map(({ content }) => content.input.map(({ role }) => role).join(' '))).toEqual([
      'user user',
      'user user assistant tool',
      'user user assistant tool tool assistant user',
    ]);
    expect([run[0]?.facts.runName, run[3]?.facts.error?.message]).toEqual([
      'How many words does notes.txt have?',
      'File not found: /home/dev/project/missing.txt',
    ]);
  });

  test('as one document, as it was until 2026, has its tools with the answers that asked for them', async () => {
    const read = await readTrajectories(
      JSON.stringify(
        {
          sessionId: 's1',
          projectHash: 'p',
          startTime: '2026-01-01T00:00:00.000Z',
          messages: [
            { id: '1', timestamp: '2026-01-01T00:00:00.000Z', type: 'user', content: 'Go' },
            {
              id: '2',
              timestamp: '2026-01-01T00:00:02.000Z',
              type: 'gemini',
              content: 'Look',
              tokens: { input: 10, output: 2, cached: 0, thoughts: 3, tool: 1, total: 16 },
              model: 'gemini-x',
              toolCalls: [
                {
                  id: 't1',
                  name: 'ls',
                  args: {},
                  status: 'success',
                  timestamp: '2026-01-01T00:00:03.000Z',
                  result: [{ functionResponse: { id: 't1', name: 'ls', response: { output: 'a b' } } }],
                },
              ],
            },
            {
              id: '3',
              timestamp: '2026-01-01T00:00:05.000Z',
              type: 'error',
              content: '[API Error: too many requests]',
            },
            { id: '4', timestamp: '2026-01-01T00:00:06.000Z', type: 'info', content: 'Update available' },
          ],
        },
        undefined,
        2,
      ),
    );
    expect([read.format, read.skipped]).toEqual(['gemini-cli', []]);
    expect(outline(read.runs[0])).toEqual([
      'agent | Gemini CLI',
      'llm | gemini-x | Look | ls({})',
      'tool | ls | {}',
      'llm | gemini-x | error',
    ]);
    const [, call, tool] = read.runs[0] ?? [];
    expect([call?.facts.usage?.input, call?.facts.usage?.output, tool?.content.toolResult]).toEqual([11, 5, 'a b']);
    expect([call, tool].map((step) => Number((step?.span.endNs ?? 0n) - (step?.span.startNs ?? 0n)) / 1e6)).toEqual([
      2000, 1000,
    ]);
    expect(read.warnings[1]).toBe('1 messages of the client to its user are no steps');
  });

  test('that has grown is the same run', async () => {
    const lines = chatFile.split('\n');
    const whole = new Set(chat.runs.flat().map(({ span }) => `${span.traceId} ${span.spanId} ${span.name}`));
    for (let count = 3; count < lines.length; count += 1)
      for (const { span } of (await readTrajectories(lines.slice(0, count).join('\n'))).runs.flat())
        expect(whole).toContain(`${span.traceId} ${span.spanId} ${span.name}`);
  });
});
