import { expect, test } from 'vitest';
import { createLog, logLevelOf } from './log.ts';

function written(level: string | undefined): string[] {
  const lines: string[] = [];
  const log = createLog({ level: logLevelOf(level), output: (line) => void lines.push(line) });
  log.write('error', 'a');
  log.write('warn', 'b');
  log.write('info', 'c');
  log.write('debug', 'd');
  return lines;
}

test('a level writes itself and what is graver; without one, warnings', () => {
  expect(written('error')).toEqual(['retake error: a\n']);
  expect(written('info')).toEqual(['retake error: a\n', 'retake warn: b\n', 'retake info: c\n']);
  expect(written('debug')).toHaveLength(4);
  for (const other of [undefined, '', 'loud'])
    expect(written(other)).toEqual(['retake error: a\n', 'retake warn: b\n']);
});

test('whatever the text holds, a line is one line', () => {
  const lines: string[] = [];
  createLog({ level: 'warn', output: (line) => void lines.push(line) }).write('warn', 'one\r\ntwo\u001B[31m three');
  expect(lines).toEqual(['retake warn: one two [31m three\n']);
});
