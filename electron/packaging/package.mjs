// `npm run package [-- TARGETS OF ELECTRON-BUILDER]`: the app to install, in dist/package/. Without targets: a folder of this system,
// and on Linux a deb. ELECTRON_DIST names a folder with the Electron to pack; without, electron-builder gets the pinned one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addNotices, describeApp, stageApp } from './stage.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tools = fileURLToPath(new URL('.', import.meta.url));
const output = process.env.RETAKE_PACKAGE_OUTPUT ?? join(root, 'dist/package');
const stage = join(output, 'app');
const targets = process.argv.slice(2);
const electronDist = process.env.ELECTRON_DIST;
const older = electronDist === undefined ? undefined : join(dirname(electronDist), 'older');

function run(command, argv, cwd = root) {
  const { status, error } = spawnSync(command, argv, { cwd, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${argv.join(' ')} ended with ${status}.`);
}

// Without blanks (.config/node-build.ts).
process.env.RETAKE_SHIPPED = '1';
run(process.execPath, [join(root, '.config/build.ts')]);
if (!existsSync(join(tools, 'node_modules/electron-builder')))
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], tools);
mkdirSync(output, { recursive: true });
if (older !== undefined && existsSync(older)) {
  // An Electron that is older than the pinned one (e2e/electron-binary/): a copy that it can run, to try what is packed.
  run(process.execPath, [join(root, 'e2e/electron-binary/adapt.ts'), stage, older]);
  describeApp(root, stage, 'dist/main/older.mjs');
  addNotices(root, stage);
} else stageApp(root, stage, `${process.platform}-${process.arch}`);

const pinned = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')).version;
const versionFile = electronDist === undefined ? undefined : join(electronDist, 'version');
const electronVersion =
  versionFile !== undefined && existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : pinned;

const { build, Platform, Arch } = await import('electron-builder');
const { configuration } = await import('./builder.mjs');
const config = configuration({
  app: stage,
  output,
  electronVersion,
  electronDist,
});
const platform = Platform.current();
await build({
  projectDir: root,
  config,
  publish: 'never',
  targets: platform.createTarget(targets.length === 0 ? 'dir' : targets, Arch[process.arch]),
});
if (process.platform === 'linux' && targets.length === 0) {
  const { makeDebianPackage } = await import('./deb.mjs');
  await makeDebianPackage({
    root,
    unpacked: join(output, 'linux-unpacked'),
    output,
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
  });
}
