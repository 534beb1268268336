import { resolve } from 'node:path';

/**
 * What the user gave, out of a process's arguments. A packaged app runs as `Retake ARGUMENTS`, a checkout as
 * `electron [SWITCHES] FOLDER ARGUMENTS`: switches of Electron and Chromium may stand before the folder.
 * @param appFolder Electron's `app.getAppPath()`
 */
export function ownArguments(
  argv: readonly string[],
  {
    isPackaged,
    appFolder,
    directory,
  }: { readonly isPackaged: boolean; readonly appFolder: string; readonly directory: string },
): readonly string[] {
  const given = argv.slice(1);
  if (isPackaged) return given;
  const folder = given.findIndex((text) => !text.startsWith('-') && resolve(directory, text) === resolve(appFolder));
  // Something in between, as a test's loader, may have taken the folder out.
  return folder === -1 ? given : given.slice(folder + 1);
}
