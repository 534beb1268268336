import { adaptedApp } from './older-electron.ts';

/** `node e2e/electron-binary/adapt.ts FOLDER OLDER`: a copy of the built program in FOLDER that an older Electron can run. */
const [folder, older] = process.argv.slice(2);
if (folder === undefined || older === undefined)
  throw new Error('Give the folder of the copy, and the folder `older`.');
await adaptedApp(folder, older);
