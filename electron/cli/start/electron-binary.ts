import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/**
 * Where Electron's executable is, found without `require('electron')`: that starts a download which never times out
 * (measured with Electron 45: still hanging after 40 s on a network that swallows packets).
 */
export interface ElectronBinary {
  readonly version: string;
  /** Undefined when it has not been downloaded. */
  readonly executable: string | undefined;
}

const packageSchema = z.object({ version: z.string() });
const executableNames: Readonly<Record<string, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};

export function findElectron(environment: NodeJS.ProcessEnv): ElectronBinary | undefined {
  const folder = electronFolder();
  if (folder === undefined) return undefined;
  const { version } = packageSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  const executable = join(
    environment['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'),
    executableNames[process.platform] ?? 'electron',
  );
  return { version, executable: existsSync(executable) ? executable : undefined };
}

const probeMs = 2_000;

/** Whether the download can be had at all. At most two seconds. */
export async function isDownloadInReach(version: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const mirror =
    environment['ELECTRON_MIRROR'] ??
    environment['npm_config_electron_mirror'] ??
    'https://github.com/electron/electron/releases/download/';
  try {
    const response = await fetch(`${mirror}v${version}/SHASUMS256.txt`, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(probeMs),
    });
    return response.status < 400;
  } catch {
    return false;
  }
}

/** Runs Electron's own installer, which checks the download against the checksums of its package. False when it failed. */
export function downloadElectron(): boolean {
  const folder = electronFolder();
  return (
    folder !== undefined && spawnSync(process.execPath, [join(folder, 'install.js')], { stdio: 'inherit' }).status === 0
  );
}

function electronFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    return undefined;
  }
}
