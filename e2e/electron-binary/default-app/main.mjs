// Electron's own default_app, as far as Retake is started by it: `electron [switches] FOLDER [arguments]`.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const folder = resolve(process.argv.slice(1).find((text) => !text.startsWith('-')) ?? '.');
const { name, version, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
process.defaultApp = true;
app.name = name;
app.setVersion(version);
app.setAppPath(folder);
app.setPath('userData', join(app.getPath('appData'), name));
await import(pathToFileURL(join(folder, main)).href);
