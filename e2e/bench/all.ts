import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** `npm run bench`: every program of the benchmark, also when a row before it was missed. Ends with 1 when one was. */
const programs: readonly (readonly [name: string, ...nodeOptions: readonly string[]])[] = [
  ['goals', '--expose-gc', '--max-old-space-size=6000'],
  ['diff-speed'],
  ['growth', '--expose-gc'],
  ['rerun-served', '--expose-gc'],
  ['rerun-matching'],
  ['rerun-kinds'],
  ['rerun-verdict'],
];

for (const [name, ...nodeOptions] of programs) {
  const { status } = spawnSync(
    process.execPath,
    [...nodeOptions, fileURLToPath(new URL(`./${name}.ts`, import.meta.url))],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) process.exitCode = 1;
}

const playwright = fileURLToPath(new URL('../../node_modules/playwright/cli.js', import.meta.url));
const config = fileURLToPath(new URL('../playwright.config.ts', import.meta.url));
const { status } = spawnSync(process.execPath, [playwright, 'test', '-c', config, '--project', 'bench'], {
  stdio: 'inherit',
});
if (status !== 0) process.exitCode = 1;
