import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hiddenPatienceMs, restWhenHidden } from './hidden.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the backend rests once when a window has been away for a while, and not when it came back before', () => {
  const window = new EventEmitter();
  const rest = vi.fn<() => void>();
  restWhenHidden(window, rest);
  window.emit('minimize');
  window.emit('hide');
  vi.advanceTimersByTime(hiddenPatienceMs - 1);
  window.emit('restore');
  vi.advanceTimersByTime(hiddenPatienceMs);
  expect(rest).not.toHaveBeenCalled();
  window.emit('minimize');
  window.emit('hide');
  vi.advanceTimersByTime(hiddenPatienceMs);
  expect(rest).toHaveBeenCalledTimes(1);
  window.emit('show');
  window.emit('closed');
  vi.advanceTimersByTime(hiddenPatienceMs);
  expect(rest).toHaveBeenCalledTimes(2);
});
