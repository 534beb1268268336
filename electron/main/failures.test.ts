import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { backendQuestion, watchPage } from './failures.ts';
import type { Question } from './failures.ts';

class Page extends EventEmitter {
  reloads = 0;
  isGone = false;
  isDestroyed(): boolean {
    return this.isGone;
  }
  reload(): void {
    this.reloads += 1;
  }
}

function watched(answer: (question: Question, signal?: AbortSignal) => number | Promise<number>) {
  const page = new Page();
  const asked: string[] = [];
  const written: string[] = [];
  const state = { quits: 0, nowMs: 0 };
  watchPage(page, {
    log: { path: '/logs/retake.log', write: (text) => written.push(text) },
    ask: (question, signal) => {
      asked.push(question.message);
      return Promise.resolve(answer(question, signal));
    },
    quit: () => {
      state.quits += 1;
    },
    now: () => state.nowMs,
  });
  const die = async (reason = 'crashed') => {
    page.emit('render-process-gone', {}, { reason, exitCode: 5 });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { page, asked, written, state, die };
}

test('a page that ended is loaded again by itself, once in a minute; then the user is asked', async () => {
  const { page, asked, written, state, die } = watched(() => 0);
  await die();
  expect([page.reloads, asked]).toEqual([1, []]);
  state.nowMs = 30_000;
  await die('oom');
  expect([page.reloads, asked]).toEqual([2, ['Retake’s window keeps ending']]);
  state.nowMs = 120_000;
  await die();
  expect([page.reloads, asked.length]).toEqual([3, 1]);
  expect(written).toEqual([
    "the window's page ended: crashed, code 5",
    "the window's page ended: oom, code 5",
    "the window's page ended: crashed, code 5",
  ]);
});

test('quitting is an answer; a page that was closed asks nothing', async () => {
  const { page, asked, state, die } = watched(() => 1);
  await die();
  await die();
  expect([page.reloads, state.quits]).toEqual([1, 1]);
  page.isGone = true;
  await die();
  await die('clean-exit');
  expect([asked.length, page.reloads]).toEqual([1, 1]);
});

test('a page that does not answer is asked about once, and no longer when it answers again', async () => {
  const signals: AbortSignal[] = [];
  const { page, asked } = watched((_question, signal) => {
    if (signal !== undefined) signals.push(signal);
    return new Promise(() => undefined);
  });
  page.emit('unresponsive');
  page.emit('unresponsive');
  expect([asked, signals[0]?.aborted]).toEqual([['Retake’s window does not answer'], false]);
  page.emit('responsive');
  expect(signals[0]?.aborted).toBe(true);
  page.emit('unresponsive');
  expect(asked).toHaveLength(2);
});

test('the dialog names what died', () => {
  const died = backendQuestion({ kind: 'died', reason: 'It ended 4 times.' }, '/logs/retake.log');
  expect([died.message, died.detail]).toEqual([
    'Retake’s backend keeps ending',
    'It ended 4 times.\n\nWhat it said last is in /logs/retake.log.',
  ]);
  expect(backendQuestion({ kind: 'refused', reason: 'x' }, '/l').message).toBe('Retake cannot open its library');
});
