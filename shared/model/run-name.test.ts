import { expect, test } from 'vitest';
import { nameOf } from './run-name.ts';

test.each([
  [['/usr/bin/claude', '-p', 'hi'], 'claude'],
  [['python3.12', '-u', 'agents/shop.py', '--fast'], 'shop.py'],
  [['uv', 'run', 'agent.py'], 'agent.py'],
  [['agent.exe'], 'agent'],
  [['node'], 'node'],
])('the name of a run of %j is %s', (command, name) => expect(nameOf(command)).toBe(name));
