import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFromShell, loginShellPath } from './login-path.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'retake-home-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function shell(name: string, script: string): NodeJS.ProcessEnv {
  const path = join(home, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return { SHELL: path, HOME: home, PATH: '/usr/bin:/bin' };
}

describe.skipIf(process.platform === 'win32')('the PATH of the login shell', () => {
  test('is what its start files make of it, whatever else they print', async () => {
    const environment = shell(
      'chatty',
      `echo 'Welcome! PATH=/wrong'; PATH="/home/ada/.local/bin:$PATH"; export PATH; eval "$2"`,
    );
    expect(await loginShellPath(environment)).toBe('/home/ada/.local/bin:/usr/bin:/bin');
  });

  test('is unknown where the shell says nothing, waits for an answer, or does not exist', async () => {
    expect(await loginShellPath(shell('mute', 'exit 3'))).toBeUndefined();
    expect(await loginShellPath(shell('waiting', 'sleep 60 & wait'), 200)).toBeUndefined();
    expect(await loginShellPath({ SHELL: join(home, 'none'), PATH: '/usr/bin:/bin' })).toBeUndefined();
  });
});

test('what a shell started has it already', () => {
  expect([isFromShell('linux', { SHLVL: '1' }), isFromShell('linux', {}), isFromShell('win32', {})]).toEqual([
    true,
    false,
    true,
  ]);
});
