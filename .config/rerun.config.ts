import { defineConfig } from 'vitest/config';
import { keepsCompiled } from './compiled.ts';

/** Re-run proven on real agents: the command line as users start it, official SDKs and frameworks, a scripted model. `npm run test:rerun`. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['e2e/{rerun,thousand}/*.rerun.ts'],
    environment: 'node',
    env: keepsCompiled,
    pool: 'forks',
    maxWorkers: 2,
    disableConsoleIntercept: true,
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
