import { defineConfig } from 'vitest/config';
import { keepsCompiled } from './compiled.ts';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: [
      '.config/**/*.test.ts',
      'shared/**/*.test.ts',
      'electron/**/*.test.ts',
      'renderer/**/*.test.{ts,tsx}',
      'e2e/**/*.test.ts',
    ],
    globalSetup: ['.config/build-backend.ts'],
    environment: 'node',
    env: keepsCompiled,
    pool: 'forks',
    // By default one less than there are cores: on two of them files would wait for each other.
    maxWorkers: '100%',
    // Limits of waiting, not of speed: what hangs ends, what is slow on a busy machine does not.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
