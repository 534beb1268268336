// `npm pack` (prepack, postpack): what is packed is what an installed Retake needs. package.json is written anew for the length of the
// packing: npm has no way to leave an optional dependency out of a package, and the Node that a checkout brings along is 189 MB.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const own = new URL('package.json', root);
const ofACheckout = new Set([
  'scripts',
  'devDependencies',
  'optionalDependencies',
  'allowScripts',
  'main',
  'desktopName',
]);
const kept = new URL('.package.json.kept', root);

function restore() {
  if (existsSync(kept)) renameSync(kept, own);
}

// One that was interrupted left it.
restore();
if (process.argv[2] === 'before') {
  execFileSync(process.execPath, [fileURLToPath(new URL('build.ts', import.meta.url))], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    // Without blanks (.config/node-build.ts).
    env: { ...process.env, RETAKE_SHIPPED: '1' },
  });
  const text = readFileSync(own, 'utf8');
  const packed = Object.entries(JSON.parse(text)).filter(([name]) => !ofACheckout.has(name));
  writeFileSync(kept, text);
  writeFileSync(
    own,
    `${JSON.stringify({ ...Object.fromEntries(packed), engines: { node: '>=22.15' } }, undefined, 2)}\n`,
  );
}
