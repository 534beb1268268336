// npm runs this (script "dependencies") after each change of node_modules. It puts back into the lockfile what npm leaves out:
// that better-sqlite3 brings its binaries. Without it `npm ci` compiles it, and fails where there is no Python and no compiler.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const entry = lock.packages['node_modules/better-sqlite3'];
if (entry !== undefined && entry.gypfile !== false) {
  entry.gypfile = false;
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}
