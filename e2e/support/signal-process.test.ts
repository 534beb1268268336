import { expect, test, vi } from 'vitest';
import { signalProcess } from './signal-process.ts';

test('what is no process is never signalled: -1 would be all of them, 0 the tests', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  for (const pid of [undefined, -1, 0, 1, Number.NaN, 1.5])
    expect(() => signalProcess(pid, 'SIGKILL')).toThrow('There is no process');
  expect(kill).not.toHaveBeenCalled();
  signalProcess(4_711, 'SIGTERM');
  expect(kill).toHaveBeenCalledWith(4_711, 'SIGTERM');
  kill.mockRestore();
});
