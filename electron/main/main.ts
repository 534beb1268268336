import { join } from 'node:path';
import { app } from 'electron';
import { ownArguments } from './own-arguments.ts';
import { askedPart, runPart } from './own-part.ts';

/** What Electron starts: the window, or one of Retake's own small programs. */
const builtFolder = join(import.meta.dirname, '..');
const given = ownArguments(process.argv, {
  isPackaged: app.isPackaged,
  appFolder: app.getAppPath(),
  directory: process.cwd(),
});
const asked = askedPart(given);
if (asked === undefined) (await import('./desktop.ts')).startDesktop({ builtFolder, given });
else await runPart(asked, builtFolder);
