// The folder that becomes app.asar: what is built, without source maps, and SQLite's binding for one system.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { thirdPartyNotices } from './notices.mjs';

/** @param {string} root @param {string} stage @param {string} system as SQLite's bindings are named: linux-x64, darwin-arm64, … */
export function stageApp(root, stage, system) {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  cpSync(join(root, 'dist'), join(stage, 'dist'), {
    recursive: true,
    filter: (path) => !path.endsWith('.map') && !/dist\/\.built|dist\/package/.test(path),
  });
  const sqlite = dirname(createRequire(join(root, 'package.json')).resolve('better-sqlite3/package.json'));
  const target = join(stage, 'node_modules/better-sqlite3');
  for (const name of ['lib', 'package.json', 'LICENSE', `prebuilds/${system}.node`])
    cpSync(join(sqlite, name), join(target, name), { recursive: true });
  describeApp(root, stage, 'dist/main/main.js');
  addNotices(root, stage);
}

/** package.json of an app: no scripts, nothing to install. */
export function describeApp(root, stage, main) {
  const { name, version, description, license, author, type, desktopName, dependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  writeFileSync(
    join(stage, 'package.json'),
    `${JSON.stringify({ name, productName: 'Retake', version, description, license, author, type, desktopName, main, dependencies }, undefined, 2)}\n`,
  );
}

export function addNotices(root, stage) {
  writeFileSync(join(stage, 'dist/THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(root, ['better-sqlite3']));
}
