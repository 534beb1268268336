import { describe, expect, test } from 'vitest';
import { fixture, outline, readTrajectories } from '../recorded/recorded.testing.ts';

const chat = await readTrajectories(fixture('qwen-code/0.15.10-session/chat.jsonl'));

describe('a chat of Qwen Code', () => {
  test('is one run, with the times that its client measured; calls of sub-agents are told of by their counts', () => {
    expect([chat.format, chat.skipped, chat.runs.length]).toEqual(['qwen-code', [], 1]);
    expect(outline(chat.runs[0])).toEqual([
      'agent | Qwen Code',
      'llm | qwen3-coder | I list and read. | run_shell_command({"command":"cat notes.txt; wc -w notes.txt","description":"Read notes","is_background":false}) | read_file({"file_path":"/home/dev/project/missing.txt","absolute_path":"/home/dev/project/missing.txt"})',
      'tool | run_shell_command | {"command":"cat notes.txt; wc -w notes.txt","description":"Read notes","is_background":false}',
      'tool | read_file | {"file_path":"/home/dev/project/missing.txt","absolute_path":"/home/dev/project/missing.txt"} | error',
      'llm | qwen3-coder | Four words.',
      'llm | qwen3-coder | Goodbye.',
      'agent | managed-auto-memory-extractor',
      'llm | qwen3-coder | Four words.',
    ]);
    const [run = []] = chat.runs;
    const calls = run.filter(({ facts }) => facts.kind === 'llm');
    // Behind an OpenAI-like API thoughts are part of the answer.
    expect(
      calls.map(({ facts, span }) => [
        facts.responseId,
        facts.usage?.input,
        facts.usage?.output,
        Number(span.endNs - span.startNs) / 1e6,
      ]),
    ).toEqual([
      ['chatcmpl_11', 1100, 70, 346],
      ['chatcmpl_12', 1110, 71, 209],
      ['chatcmpl_13', 1120, 72, 438],
      ['chatcmpl_14', 1130, 73, 101],
    ]);
    expect(
      run.filter(({ facts }) => facts.kind === 'tool').map(({ span }) => Number(span.endNs - span.startNs) / 1e6),
    ).toEqual([19_320, 83]);
  });
});
