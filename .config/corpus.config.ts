import { defineConfig } from 'vitest/config';
import { keepsCompiled } from './compiled.ts';

/** Checks against the corpus beside the checkout; without it there is nothing to compare and the tests say so. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: [
      'e2e/corpus/{client-files,compare,exports,findings,receiver,redaction,reports,rerun,trace-replay,trajectories,truth,wire}*.corpus.ts',
    ],
    environment: 'node',
    env: keepsCompiled,
    pool: 'forks',
    // By default one less than there are cores: on two of them files would wait for each other.
    maxWorkers: '100%',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    disableConsoleIntercept: true,
  },
});
