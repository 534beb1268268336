import { EventEmitter } from 'node:events';
import type { UtilityProcess } from 'electron';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backendEnvironment, startBackendProcess } from './backend-process.ts';

/** A process as far as its keeper sees it: real ones are killed in e2e/specs/shell.spec.ts. */
class Process extends EventEmitter {
  readonly received: unknown[] = [];
  readonly stdout = new EventEmitter();
  readonly stderr = new EventEmitter();
  killed = false;

  postMessage(message: unknown): void {
    this.received.push(message);
  }

  kill(): boolean {
    this.killed = true;
    this.emit('exit', 15);
    return true;
  }
}

function keep() {
  const processes: Process[] = [];
  const failures: string[] = [];
  const log: string[] = [];
  let shows = 0;
  let starts = 0;
  const backend = startBackendProcess({
    fork() {
      const started = new Process();
      processes.push(started);
      return started as unknown as UtilityProcess;
    },
    askKeychain: (ask) =>
      Promise.resolve(ask.action === 'read' ? { to: 'read', key: 'sk-kept-0123456789' } : { to: 'done' }),
    onLost: () => undefined,
    onStart: () => {
      starts += 1;
    },
    onShow: () => {
      shows += 1;
    },
    onFailure: ({ kind, reason }) => failures.push(`${kind}: ${reason}`),
    log: { path: '/logs/retake.log', write: (text) => log.push(text) },
  });
  return { backend, processes, failures, log, starts: () => starts, shows: () => shows };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('the backend process', () => {
  test('is started again three times a minute, then left alone with a reason', () => {
    const { processes, failures, starts } = keep();
    for (let death = 0; death < 4; death += 1) processes.at(-1)?.emit('exit', 7);
    expect([processes.length, starts()]).toEqual([4, 4]);
    expect(failures).toEqual([
      'died: It ended 4 times within a minute, last with code 7. Nothing that was stored is lost.',
    ]);
  });

  test('deaths of more than a minute ago do not count', () => {
    const { processes, failures } = keep();
    for (let death = 0; death < 10; death += 1) {
      processes.at(-1)?.emit('exit', 7);
      vi.advanceTimersByTime(25_000);
    }
    expect([processes.length, failures]).toEqual([11, []]);
  });

  test('is not started again when it said that it cannot start', () => {
    const { backend, processes, failures } = keep();
    processes[0]?.emit('message', { type: 'failed', message: 'The library is in use.' });
    processes[0]?.emit('exit', 1);
    expect([processes.length, failures]).toEqual([1, ['refused: The library is in use.']]);
    backend.restart();
    expect(processes).toHaveLength(2);
    processes[1]?.emit('exit', 7);
    expect(processes).toHaveLength(3);
  });

  test('what it says and how it ends is in the log', () => {
    const { processes, log } = keep();
    processes[0]?.stderr.emit('data', Buffer.from('out of memory\n'));
    processes[0]?.emit('exit', 134);
    expect(log).toEqual(['out of memory\n', 'the backend ended with code 134']);
  });

  test('a word of it brings the window to the front', () => {
    const { processes, shows } = keep();
    processes[0]?.emit('message', { type: 'show' });
    expect(shows()).toBe(1);
  });

  test('where commands are is told to it, and to its successor', () => {
    const { backend, processes } = keep();
    backend.usePath('/home/ada/.local/bin:/usr/bin');
    processes[0]?.emit('exit', 7);
    const told = { type: 'path', path: '/home/ada/.local/bin:/usr/bin' };
    expect([processes[0]?.received, processes[1]?.received]).toEqual([[told], [told]]);
  });

  test('what came while it was down is sent to the next one', () => {
    const { backend, processes } = keep();
    processes[0]?.emit('message', { type: 'failed', message: 'x' });
    processes[0]?.emit('exit', 1);
    backend.open(['/a']);
    backend.navigate('#/settings');
    backend.restart();
    expect(processes[1]?.received).toEqual([
      { type: 'open', paths: ['/a'] },
      { type: 'navigate', hash: '#/settings' },
    ]);
  });

  test('is asked to close, and killed only when that takes too long', async () => {
    const quick = keep();
    const closed = quick.backend.close();
    expect(quick.processes[0]?.received).toEqual([{ type: 'close' }]);
    quick.processes[0]?.emit('exit', 0);
    await closed;
    expect([quick.processes.length, quick.processes[0]?.killed]).toEqual([1, false]);

    const slow = keep();
    const killed = slow.backend.close();
    await vi.advanceTimersByTimeAsync(7_999);
    expect(slow.processes[0]?.killed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await killed;
    expect([slow.processes.length, slow.processes[0]?.killed]).toEqual([1, true]);
  });
});

test('the backend gets the environment that the user’s agents need, but for the switches of Electron and Node', () => {
  expect(
    backendEnvironment({
      PATH: '/bin',
      SystemRoot: 'C:\\Windows',
      VIRTUAL_ENV: '/h/.venv',
      OPENAI_API_KEY: 'sk',
      Node_Options: '--inspect',
      ELECTRON_RUN_AS_NODE: '1',
      RETAKE_LIBRARY: '/l',
      LANG: undefined,
    }),
  ).toEqual({
    PATH: '/bin',
    SystemRoot: 'C:\\Windows',
    VIRTUAL_ENV: '/h/.venv',
    OPENAI_API_KEY: 'sk',
    RETAKE_LIBRARY: '/l',
  });
});

test('a question to the keychain is answered to the process that asked, and to no other', async () => {
  const { processes } = keep();
  processes[0]?.emit('message', { type: 'keychain', question: 7, ask: { action: 'read', providerId: 'openai' } });
  processes[0]?.emit('message', { type: 'keychain', question: 8, ask: { action: 'reveal' } });
  await vi.advanceTimersByTimeAsync(0);
  expect(processes[0]?.received).toEqual([
    { type: 'keychain-answer', question: 7, answer: { to: 'read', key: 'sk-kept-0123456789' } },
  ]);
  processes[0]?.emit('message', { type: 'keychain', question: 9, ask: { action: 'read', providerId: 'openai' } });
  processes[0]?.emit('exit', 1);
  await vi.advanceTimersByTimeAsync(0);
  expect([processes[0]?.received.length, processes[1]?.received]).toEqual([1, []]);
});
