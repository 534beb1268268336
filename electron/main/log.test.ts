import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLog } from './log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'retake-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const now = () => new Date('2026-11-30T10:00:00Z');

test('each line has its time; the file is its owner’s alone', () => {
  const log = openLog(join(folder, 'logs/retake.log'), { now });
  log.write('started\n\nthe backend ended with code 7\n');
  expect(readFileSync(log.path, 'utf8')).toBe(
    '2026-11-30T10:00:00.000Z started\n2026-11-30T10:00:00.000Z the backend ended with code 7\n',
  );
  if (process.platform !== 'win32') expect(statSync(log.path).mode & 0o777).toBe(0o600);
});

test('a full file makes room: it and the one before are all there ever is', () => {
  const path = join(folder, 'retake.log');
  for (let start = 0; start < 3; start += 1) {
    const log = openLog(path, { now, limit: 200 });
    for (let line = 0; line < 20; line += 1) log.write(`start ${start} line ${line}`);
  }
  expect(readdirSync(folder).toSorted()).toEqual(['retake.log', 'retake.log.1']);
  expect(readFileSync(path, 'utf8')).toContain('start 2 line 19');
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(200);
});

test('where it cannot be written, Retake goes on', () => {
  writeFileSync(join(folder, 'file'), '');
  const log = openLog(join(folder, 'file/retake.log'));
  log.write('one');
  expect(readdirSync(folder)).toEqual(['file']);
});
