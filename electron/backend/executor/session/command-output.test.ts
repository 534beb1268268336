import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { passLines } from './command-output.ts';

test('output is passed on line by line: pieces put together, what is too long in pieces, the last line without its end', async () => {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const lines: [string, string][] = [];
  passLines({ stdout, stderr }, (stream, text) => void lines.push([stream, text]));
  const ended = Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.once('end', resolve))));
  stdout.write('one\ntw');
  stdout.write(`o\n${'x'.repeat(25_000)}`);
  stdout.end('\nlast');
  stderr.end('trouble\n');
  await ended;
  expect(lines.filter(([stream]) => stream === 'stderr')).toEqual([['stderr', 'trouble']]);
  const said = lines.flatMap(([stream, text]) => (stream === 'stdout' ? [text] : []));
  expect(said.slice(0, 2)).toEqual(['one', 'two']);
  expect(said.at(-1)).toBe('last');
  expect(Math.max(...said.map((text) => text.length))).toBe(10_000);
  expect(said.join('')).toBe(`onetwo${'x'.repeat(25_000)}last`);
});
