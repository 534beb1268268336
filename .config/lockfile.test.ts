import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

const lock = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        resolved: z.string().optional(),
        optionalDependencies: z.record(z.string(), z.string()).optional(),
        integrity: z.string().optional(),
        gypfile: z.boolean().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')));

/**
 * npm leaves out of the lockfile, silently, an optional package that its registry does not have (a binding for another
 * system, say). `npm ci` then fails on every machine, with "Missing: … from lock file".
 */
test('every optional package is in the lockfile, so that `npm ci` works on every system', () => {
  const packages = new Set(Object.keys(lock.packages));
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages.has(`node_modules/${name}`) && !packages.has(`${path}/node_modules/${name}`),
    ),
  );
  expect(missing).toEqual([]);
});

test('the lockfile names no registry: each machine uses its own', () => {
  expect(Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test('every package is pinned by its checksum', () => {
  expect(
    Object.entries(lock.packages)
      .filter(([path, { integrity }]) => path !== '' && integrity === undefined)
      .map(([path]) => path),
  ).toEqual([]);
});

/**
 * better-sqlite3 brings its binaries and says so (`gypfile: false`), but npm reads the lockfile, which does not keep that, and
 * would compile it: without Python and a compiler `npm ci` fails (seen with npm 10.9 and 11.19). npm install drops the line;
 * mend-lockfile.mjs puts it back.
 */
test("no package is compiled on the user's machine", () => {
  expect(lock.packages['node_modules/better-sqlite3']).toMatchObject({ gypfile: false });
});
