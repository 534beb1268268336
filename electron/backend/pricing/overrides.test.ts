import { describe, expect, it } from 'vitest';
import { hostOf } from './candidates.ts';
import { matchesGlob } from './overrides.ts';

describe('matchesGlob', () => {
  it.each([
    ['gpt-*', 'gpt-5.4', true],
    ['*', '', true],
    ['*', 'x', true],
    ['gpt-*-mini', 'gpt-5-mini', true],
    ['gpt-*-mini', 'gpt-5', false],
    ['*claude*', 'us.anthropic.claude-3', true],
    ['a*b*c', 'aXbYbZc', true],
    ['gpt', 'gpt-5', false],
    ['gpt.5', 'gpt-5', false],
    ['', '', true],
    ['', 'x', false],
  ])('%s against %s: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('comes to an end on a pattern made to be slow', () => {
    expect(matchesGlob(`${'*a'.repeat(100)}*b`, 'a'.repeat(200))).toBe(false);
  });
});

describe('hostOf', () => {
  it.each([
    ['api.openai.com', 'api.openai.com'],
    ['https://API.openai.com:8443/v1?x=1', 'api.openai.com'],
    ['127.0.0.1:9', '127.0.0.1'],
    ['[::1]:80', '::1'],
    ['::1', '::1'],
    ['http://[::1]/v1', '::1'],
    ['a b', undefined],
    ['', undefined],
    ['-'.repeat(3_000), undefined],
  ])('%s: %s', (address, host) => {
    expect(hostOf(address)).toBe(host);
  });
});
