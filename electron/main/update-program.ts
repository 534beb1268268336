import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from './log.ts';
import type { Cannot, UpdateProgram } from './updates.ts';

export interface Installation {
  readonly isPackaged: boolean;
  readonly platform: string;
  /** Of an installed app: where electron-builder puts `app-update.yml`. */
  readonly resourcesPath: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Why this one is not updated by itself; undefined: it can be. */
export function cannotUpdate({ isPackaged, platform, resourcesPath, environment }: Installation): string | undefined {
  if (!isPackaged) return 'It runs from a checkout or an npm package: git or npm bring a newer one.';
  // Of Linux's forms only an AppImage is one file that its user may replace.
  if (platform === 'linux' && environment['APPIMAGE'] === undefined)
    return 'It was installed as a package of the system, or unpacked by hand: a newer one comes the same way.';
  if (!existsSync(join(resourcesPath, 'app-update.yml')))
    return 'Whoever built it named no address from which newer ones come.';
  return undefined;
}

/** electron-updater, loaded when it is first asked: it and what it needs are half of main's size. */
export async function updateProgram(installation: Installation, log: Log): Promise<UpdateProgram | Cannot> {
  const cannot = cannotUpdate(installation);
  if (cannot !== undefined) return { cannot };
  const { default: electronUpdater } = await import('electron-updater');
  const { autoUpdater } = electronUpdater;
  const write = (message: unknown): void => log.write(`update: ${String(message)}`);
  autoUpdater.logger = { info: write, warn: write, error: write };
  autoUpdater.autoDownload = false;
  autoUpdater.autoInstallOnAppQuit = true;
  // Failures come back from the calls below; without a listener the event would end the process.
  autoUpdater.removeAllListeners('error').on('error', () => undefined);
  return {
    async find() {
      const result = await autoUpdater.checkForUpdates();
      return result?.isUpdateAvailable === true ? result.updateInfo.version : undefined;
    },
    async download(onPart) {
      const tell = ({ percent }: { readonly percent: number }): void => onPart(percent / 100);
      autoUpdater.on('download-progress', tell);
      try {
        await autoUpdater.downloadUpdate();
      } finally {
        autoUpdater.off('download-progress', tell);
      }
    },
    install: () => autoUpdater.quitAndInstall(),
  };
}
