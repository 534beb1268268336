// Type-checks every environment on its own (one tsconfig each), so that `window` or `process` do not type-check where they must not.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const projects = ['shared', 'electron/backend', 'electron/main', 'electron/preload', 'renderer', 'e2e'];
let failed = false;
for (const project of projects.filter((name) => existsSync(`${name}/tsconfig.json`))) {
  // What did not change since the last time is not checked again.
  const known = `node_modules/.cache/types/${project.replace('/', '-')}.tsbuildinfo`;
  const words = ['node_modules/typescript/bin/tsc', '-p', project, '--incremental', '--tsBuildInfoFile', known];
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit' });
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
