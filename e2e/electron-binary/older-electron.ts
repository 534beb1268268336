import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { projectRoot } from '../support/project.ts';

/**
 * What an Electron older than the pinned one lacks, each with what stands in its place while the tests run on it. Only the copy of
 * the built files that `adaptedApp` makes is changed: what is built and shipped knows nothing of it.
 */
export const lackedByElectron33 = [
  { lacked: 'Zstandard in node:zlib (Node 22.15)', instead: 'the same functions over a WebAssembly build of it' },
  { lacked: 'URL.parse (Node 22.1)', instead: 'new URL, undefined where it throws' },
  { lacked: 'safeStorage’s asynchronous functions', instead: 'its synchronous ones' },
  {
    lacked: 'Node-API 10, for references to texts: SQLite’s binding ends Node 20',
    instead: 'the same source, compiled for the experimental interface, where Node 20 has them',
  },
  {
    lacked:
      'finalizers of experimental bindings that may do anything: a statement or an iterator that is collected ends Node 20',
    instead: 'none is collected',
  },
  { lacked: 'state of the window kept by `name`', instead: 'nothing: no test on it looks at the place of a window' },
] as const;

/** The folder `older` that registry-electron.ts made beside this binary; undefined for a binary that needs nothing. */
export function olderPartsOf(distFolder: string): string {
  return join(dirname(distFolder), 'older');
}

/** A copy of the built program in `folder` that an Electron of that age can run: what `electron FOLDER` is given. */
export async function adaptedApp(folder: string, older: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'node_modules/better-sqlite3'), { recursive: true });
  // `package` holds what is made of the rest, this copy too.
  for (const name of (await readdir(join(projectRoot, 'dist'))).filter((one) => one !== 'package'))
    await cp(join(projectRoot, 'dist', name), join(folder, 'dist', name), {
      recursive: true,
      filter: (path) => !path.endsWith('.map'),
    });
  const backend = join(folder, 'dist/backend');
  for (const name of (await readdir(backend)).filter((one) => one.endsWith('.js'))) {
    const text = await readFile(join(backend, name), 'utf8');
    await writeFile(join(backend, name), text.replaceAll(/\bfrom ?"node:zlib"/g, 'from "./older-zlib.mjs"'));
  }
  await writeFile(join(backend, 'older-zlib.mjs'), zlibOfOlderNode);
  await cp(join(older, 'wasm-zstd.js'), join(backend, 'wasm-zstd.mjs'));
  const sqlite = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  for (const name of ['lib', 'package.json'])
    await cp(join(sqlite, name), join(folder, 'node_modules/better-sqlite3', name), { recursive: true });
  await cp(
    join(older, 'better_sqlite3.node'),
    join(folder, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node'),
  );
  const methods = join(folder, 'node_modules/better-sqlite3/lib/methods');
  for (const name of await readdir(methods)) {
    const text = await readFile(join(methods, name), 'utf8');
    if (!preparing.test(text)) continue;
    const kept = text.replaceAll(new RegExp(preparing, 'g'), 'kept($1, ');
    await writeFile(join(methods, name), kept.replace("'use strict';", `'use strict';\n${keepsStatements}`));
  }
  await writeFile(join(folder, 'dist/main/older.mjs'), mainOfOlderElectron);
  const description: object = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ ...description, main: 'dist/main/older.mjs', devDependencies: {}, optionalDependencies: {} }),
  );
}

/** Where the library's methods make a statement. */
const preparing = /(\w+\[cppdb\])\.prepare\(/;
const keepsStatements = `const all = (globalThis.keptStatements ??= []);
const kept = (database, ...given) => {
  const made = database.prepare(...given);
  all.push(made, database);
  const methods = Object.getPrototypeOf(made);
  if (!all.keepsIterators) {
    all.keepsIterators = true;
    const { iterate } = methods;
    methods.iterate = function (...values) {
      const rows = iterate.apply(this, values);
      all.push(rows);
      return rows;
    };
  }
  return made;
};`;

const zlibOfOlderNode = `import * as zlib from 'node:zlib';
import { Transform } from 'node:stream';
import { Zstd } from './wasm-zstd.mjs';
export * from 'node:zlib';
const zstd = await Zstd.load();
const plain = (data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
export const constants = { ...zlib.constants, ZSTD_c_compressionLevel: 100, ZSTD_c_checksumFlag: 201 };
export const zstdCompressSync = (data) => Buffer.from(zstd.compress(plain(Buffer.from(data))));
export const zstdDecompressSync = (data) => Buffer.from(zstd.decompress(plain(data)));
export const zstdDecompress = (data, options, done) => {
  try { const result = zstdDecompressSync(data); queueMicrotask(() => (done ?? options)(null, result)); }
  catch (error) { queueMicrotask(() => (done ?? options)(error)); }
};
export const createZstdDecompress = () => {
  const parts = [];
  return new Transform({
    transform(part, _encoding, done) { parts.push(part); done(); },
    flush(done) { try { this.push(zstdDecompressSync(Buffer.concat(parts))); done(); } catch (error) { done(error); } },
  });
};
`;

const mainOfOlderElectron = `import { safeStorage } from 'electron';
URL.parse ??= (text, base) => { try { return new URL(text, base); } catch { return null; } };
safeStorage.isAsyncEncryptionAvailable ??= async () => safeStorage.isEncryptionAvailable();
safeStorage.encryptStringAsync ??= async (text) => safeStorage.encryptString(text);
safeStorage.decryptStringAsync ??= async (bytes) => ({ result: safeStorage.decryptString(bytes), shouldReEncrypt: false });
await import('./main.js');
`;
