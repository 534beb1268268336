// Electron's own default_app, as far as Retake is started by it: `electron [switches] [-r module] FOLDER [arguments]`.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const given = process.argv.slice(1);
const modules = given.flatMap((text, at) => (given[at - 1] === '-r' ? [text] : []));
const folder = resolve(given.find((text) => !text.startsWith('-') && !modules.includes(text)) ?? '.');
const { name, version, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
process.defaultApp = true;
app.name = name;
app.setVersion(version);
app.setAppPath(folder);
app.setPath('userData', join(app.getPath('appData'), name));
for (const module of modules) createRequire(import.meta.url)(module);
await import(pathToFileURL(join(folder, main)).href);
