import { expect, test } from 'vitest';
import { scrub } from './scrub.ts';

/**
 * Texts that made a pattern look at the rest of the text again from each place: they come back as they are, or with what is free taken out. A
 * pattern that went back over them would not come back within the patience of the test: 100,000 blanks took 8 s, these are four times as long.
 */
test.each([
  ['blanks after a process id', `pid${' '.repeat(400_000)}x`, 0],
  ['beginnings of a listing on one line', 'Showing up to 20 items '.repeat(20_000), 0],
  ['digits', '1'.repeat(400_000), 0],
  ['digits and dots', '1.'.repeat(200_000), 0],
  ['letters, small and large', 'aB'.repeat(200_000), 0],
  ['dashes', '-'.repeat(400_000), 0],
  ['months', 'Jan '.repeat(100_000), 0],
  ['slashes', '/tmp/'.repeat(80_000), 1],
])('%s', (_what, text, hits) => {
  expect(scrub(text).hits.length).toBeGreaterThanOrEqual(hits);
});
