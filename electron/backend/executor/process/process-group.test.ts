import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import { launch } from './process-group.ts';
import { processesBelow, stillRunning } from './process-tree.ts';

let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

const helper = `process.on('SIGTERM', () => {}); require('node:fs').writeFileSync(process.argv[1], String(process.pid)); setTimeout(() => {}, 60000);`;
const agent = `
const { spawn } = require('node:child_process');
const [, ofGroup, ofItsOwn] = process.argv;
spawn(process.execPath, ['-e', ${JSON.stringify(helper)}, ofGroup], { stdio: 'ignore' });
spawn(process.execPath, ['-e', ${JSON.stringify(helper)}, ofItsOwn], { stdio: 'ignore', detached: true }).unref();
setTimeout(() => {}, 60000);`;

test.skipIf(process.platform === 'win32')(
  'what is stopped ends with all that it started, also what left its group; nothing else is touched',
  async () => {
    const files = ['group', 'own'].map((name) => join(directory.path, name));
    const bystander = await launch({
      command: [process.execPath, '-e', 'setTimeout(() => {}, 60000)'],
      cwd: directory.path,
      environment: process.env,
      stdio: 'ignore',
    });
    const group = await launch({
      command: [process.execPath, '-e', agent, ...files],
      cwd: directory.path,
      environment: process.env,
      stdio: 'ignore',
    });
    const pids = await eventually(
      () => {
        try {
          const found = files.map((file) => Number(readFileSync(file, 'utf8')));
          return Promise.resolve(found.every((pid) => pid > 0) ? found : undefined);
        } catch {
          return Promise.resolve(undefined);
        }
      },
      'the helpers',
      10_000,
    );
    const below = processesBelow(group.child.pid ?? 0);
    expect(new Set(below.map(({ pid }) => pid))).toEqual(new Set(pids));
    group.stop();
    expect(await group.ended).toEqual({ exitCode: undefined, signal: 'SIGTERM' });
    await expect.poll(() => stillRunning(below)).toEqual([]);
    expect(bystander.child.exitCode).toBeNull();
    bystander.stop();
    await bystander.ended;
  },
  30_000,
);
