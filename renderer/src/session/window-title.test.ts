import { beforeEach, expect, it, vi } from 'vitest';
import { sayTitle } from './window-title.ts';

const page = { title: '' };
beforeEach(() => vi.stubGlobal('document', page));

it('says what the last one said, and what stood before when that one is gone', () => {
  const screen = sayTitle('Compare');
  expect(page.title).toBe('Compare · Retake');
  const pair = sayTitle('One and two · Compare');
  expect(page.title).toBe('One and two · Compare · Retake');
  pair();
  expect(page.title).toBe('Compare · Retake');
  screen();
  expect(page.title).toBe('Retake');
});

it('keeps what is said by one who came later', () => {
  const first = sayTitle('Settings');
  const second = sayTitle('Connect');
  first();
  expect(page.title).toBe('Connect · Retake');
  second();
});
