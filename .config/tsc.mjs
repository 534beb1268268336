// Type-checks every environment on its own (one tsconfig each), so that `window` or `process` do not type-check where they must not.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const projects = ['shared', 'electron/backend', 'electron/main', 'electron/preload', 'renderer', 'e2e'];
let failed = false;
for (const project of projects.filter((name) => existsSync(`${name}/tsconfig.json`))) {
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
    stdio: 'inherit',
  });
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
