import { defineConfig } from 'vitest/config';

/** Checks against the corpus beside the checkout; without it there is nothing to compare and the tests say so. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['e2e/corpus/{truth,receiver,compare,wire,trace-replay,trajectories}*.corpus.ts'],
    environment: 'node',
    pool: 'forks',
    testTimeout: 60_000,
    disableConsoleIntercept: true,
  },
});
