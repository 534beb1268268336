import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:inspector';
import { createRequire, registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { StandinApp } from './app.ts';
import { StandinBrowserWindow } from './browser-window.ts';
import { startChromium } from './devtools.ts';
import { electronModule, ipcMain } from './electron-module.ts';
import { strict } from './strict.ts';
import { StandinWebContents } from './web-contents.ts';

/**
 * Runs a built main process, unchanged, on Node with Chromium for its windows. Started as Electron is:
 * `electron [-r loader] [--inspect=0] [--remote-debugging-port=0] FOLDER [arguments]`.
 */
const packageSchema = z.object({ name: z.string(), version: z.string(), main: z.string() });

const given = process.argv.slice(2);
const loaders: string[] = [];
for (let at = given.indexOf('-r'); at >= 0; at = given.indexOf('-r')) loaders.push(...given.splice(at, 2).slice(1));
const folder = resolve(given.find((text) => !text.startsWith('-')) ?? '.');
const description = packageSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
const realVersion = z
  .object({ version: z.string() })
  .parse(createRequire(import.meta.url)('electron/package.json')).version;
const executable = process.env['RETAKE_CHROMIUM'];
if (executable === undefined || !existsSync(executable))
  throw new Error('stand-in: RETAKE_CHROMIUM must name a Chromium');

Object.defineProperty(process.versions, 'electron', { value: `${realVersion}-standin`, enumerable: true });
Object.defineProperty(process, 'type', { value: 'browser' });
// What a part of the app is started with (electron/main/own-part.ts).
process.execPath = fileURLToPath(new URL('electron', import.meta.url));
// As Electron leaves it: the executable, then everything that was given. Playwright's loader removes its own part.
process.argv.splice(1, process.argv.length, ...given);

const app = new StandinApp({ name: description.name, version: description.version, folder, argv: given });
const members = electronModule(app);
const globalName = 'retake.electron-standin';
Reflect.set(globalThis, globalName, strict('electron', members));
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: `standin:${context.conditions.includes('import') ? 'import' : 'require'}`, shortCircuit: true }
      : next(specifier, context),
  load(url, context, next) {
    if (url === 'standin:require')
      return {
        format: 'commonjs',
        source: `module.exports = globalThis[${JSON.stringify(globalName)}];`,
        shortCircuit: true,
      };
    if (url === 'standin:import')
      return {
        format: 'module',
        source: `export const { ${Object.keys(members).join(', ')} } = globalThis[${JSON.stringify(globalName)}];`,
        shortCircuit: true,
      };
    return next(url, context);
  },
});

const isDriven = given.some((text) => text.startsWith('--inspect'));
if (isDriven) open(0, '127.0.0.1');
const requireFromApp = createRequire(join(folder, description.main));
for (const loader of loaders) requireFromApp(loader);

// One of Retake's own programs ends here: as in Electron, it needs no display.
await import(pathToFileURL(join(folder, description.main)).href);

const chromium = startChromium(executable, isDriven);
StandinBrowserWindow._windows = { app, chromium, ipcMain };
app._surroundings = {
  closeAllWindows() {
    for (const window of StandinBrowserWindow.getAllWindows()) window.close();
  },
  closeBrowser: () => chromium.close(),
};
chromium.onExit(() => app.quit());
chromium.root.on('Target.targetDestroyed', ({ targetId }) =>
  StandinWebContents.fromDevToolsTargetId(targetId)?._destroyed(),
);
chromium.root.on('Target.targetCrashed', ({ targetId, errorCode }) =>
  StandinWebContents.fromDevToolsTargetId(targetId)?._crashed(errorCode),
);
await chromium.root.send('Target.setDiscoverTargets', { discover: true });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => app.quit());

setImmediate(() => app._becomeReady());
