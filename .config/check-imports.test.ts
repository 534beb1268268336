import { readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkFile, checkImports, sourceFiles } from './check-imports.ts';
import type { SourceFile } from './check-imports.ts';
import { backendFloors } from './import-rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = sourceFiles(root);

/** The faults of a file after a line was added to it; the file is made where there is none. */
function planted(path: string, line: string): readonly string[] {
  const before = files.find((file) => file.path === path)?.text ?? '';
  return checkFile({ path, text: `${line}\n${before}` }).map(({ message }) => message);
}

function importOf(from: string, to: string): string {
  const path = posix.relative(dirname(from), to);
  return `import type {} from '${path.startsWith('.') ? path : `./${path}`}';`;
}

test('the tree as it stands has no import that is not allowed and no circle', () => {
  expect(checkImports(files)).toEqual([]);
});

/** Imports that must not be, folder by folder as the table of .github/ARCHITECTURE.md has them, planted one by one. */
const seeds: readonly (readonly [from: string, imported: string])[] = [
  // shared: no Node, DOM, Electron, React, nothing above it.
  ['shared/model/run.ts', 'shared/contract.ts'],
  ['shared/contract.ts', 'electron/backend/base/faults.ts'],
  ['shared/contract.ts', 'renderer/src/lib/format.ts'],
  ['shared/contract.ts', 'node:fs'],
  ['shared/location.ts', 'react'],
  ['shared/location.ts', 'electron'],
  ['shared/commands.ts', 'better-sqlite3'],
  ['shared/commands.ts', 'ws'],
  // ui and lib know no screen, shell, session or contract.
  ['renderer/src/ui/button.tsx', 'renderer/src/screens/run/run-screen.tsx'],
  ['renderer/src/ui/button.tsx', 'renderer/src/shell/app.tsx'],
  ['renderer/src/ui/button.tsx', 'renderer/src/session/queries.ts'],
  ['renderer/src/ui/button.tsx', 'shared/contract.ts'],
  ['renderer/src/ui/button.tsx', 'shared/location.ts'],
  ['renderer/src/ui/button.tsx', '@tanstack/react-query'],
  ['renderer/src/lib/format.ts', 'renderer/src/ui/button.tsx'],
  ['renderer/src/lib/format.ts', 'renderer/src/session/queries.ts'],
  ['renderer/src/lib/format.ts', 'renderer/src/screens/runs/run-pages.ts'],
  ['renderer/src/lib/format.ts', 'renderer/src/shell/app.tsx'],
  ['renderer/src/lib/format.ts', 'shared/contract.ts'],
  ['renderer/src/lib/format.ts', 'node:path'],
  // Redaction knows texts and telemetry, not where they are kept.
  ['electron/backend/redaction/redactor.ts', 'electron/backend/library/reader.ts'],
  // A screen imports no other screen, no shell, nothing of Node.
  ['renderer/src/screens/run/take/take-section.tsx', 'renderer/src/screens/compare/compare-rows.ts'],
  ['renderer/src/screens/run/take/take-section.tsx', 'renderer/src/screens/record/record-form.ts'],
  ['renderer/src/screens/run/run-screen.tsx', 'renderer/src/screens/record/record-dialog.tsx'],
  ['renderer/src/screens/run/run-screen.tsx', 'renderer/src/shell/app.tsx'],
  ['renderer/src/screens/run/run-screen.tsx', 'electron/backend/telemetry/step-facts.ts'],
  ['renderer/src/screens/run/run-screen.tsx', 'electron/main/ipc.ts'],
  ['renderer/src/screens/run/run-screen.tsx', 'node:fs'],
  ['renderer/src/screens/run/run-screen.tsx', 'electron'],
  ['renderer/src/screens/settings/settings-screen.tsx', 'renderer/src/screens/runs/run-pages.ts'],
  // The session is below screens, shell and ui.
  ['renderer/src/session/queries.ts', 'renderer/src/screens/runs/run-pages.ts'],
  ['renderer/src/session/queries.ts', 'renderer/src/shell/app.tsx'],
  ['renderer/src/session/queries.ts', 'renderer/src/ui/button.tsx'],
  ['renderer/src/session/queries.ts', 'electron/preload/preload.ts'],
  ['renderer/src/session/queries.ts', 'node:fs'],
  ['renderer/src/shell/app.tsx', 'electron/main/menu.ts'],
  ['renderer/src/shell/app.tsx', 'electron/backend/backend.ts'],
  ['renderer/src/shell/app.tsx', 'node:fs'],
  // The backend is a plain Node program.
  ['electron/backend/backend.ts', 'electron'],
  ['electron/backend/backend.ts', 'electron/main/ipc.ts'],
  ['electron/backend/backend.ts', 'electron/preload/preload.ts'],
  ['electron/backend/backend.ts', 'renderer/src/lib/format.ts'],
  ['electron/backend/backend.ts', 'electron/cli/output.ts'],
  ['electron/backend/routes/router.ts', 'react'],
  ['electron/backend/analysis/analyse-run.ts', 'electron/backend/diff/align.ts'],
  // Only the library knows SQL, and it knows nobody above.
  ['electron/backend/read/step-content.ts', 'better-sqlite3'],
  ['electron/backend/workers/threads.ts', 'better-sqlite3'],
  ['electron/cli/output.ts', 'better-sqlite3'],
  ['electron/backend/library/library.ts', 'electron/backend/ingest/pipeline/pipeline.ts'],
  ['electron/backend/library/library.ts', 'electron/backend/ingest/conventions/convention.ts'],
  ['electron/backend/library/library.ts', 'electron/backend/read/step-content.ts'],
  ['electron/backend/receiver/receiver.ts', 'electron/backend/executor/executor.ts'],
  ['electron/backend/receiver/receiver.ts', 'electron/backend/hosts/headless.ts'],
  // Floors inside ingest: conventions read spans, nothing else.
  ['electron/backend/ingest/conventions/convention.ts', 'electron/backend/ingest/assemble/assemble.ts'],
  ['electron/backend/ingest/conventions/convention.ts', 'electron/backend/ingest/sources/sources.ts'],
  ['electron/backend/ingest/assemble/assemble.ts', 'electron/backend/ingest/pipeline/pipeline.ts'],
  ['electron/backend/ingest/sources/sources.ts', 'electron/backend/ingest/pipeline/pipeline.ts'],
  // The command line goes over backend.ts.
  ['electron/cli/output.ts', 'electron/backend/library/library.ts'],
  ['electron/cli/output.ts', 'electron/backend/executor/executor.ts'],
  ['electron/cli/output.ts', 'electron/backend/hosts/utility.ts'],
  ['electron/cli/output.ts', 'electron/main/menu.ts'],
  ['electron/cli/output.ts', 'renderer/src/lib/format.ts'],
  ['electron/cli/output.ts', 'electron'],
  // Main starts the backend's built file.
  ['electron/main/main.ts', 'electron/backend/backend.ts'],
  ['electron/main/main.ts', 'electron/backend/base/faults.ts'],
  ['electron/main/main.ts', 'renderer/src/lib/format.ts'],
  ['electron/main/main.ts', 'electron/cli/output.ts'],
  ['electron/main/main.ts', 'electron/preload/preload.ts'],
  ['electron/main/main.ts', 'better-sqlite3'],
  ['electron/preload/preload.ts', 'node:fs'],
  ['electron/preload/preload.ts', 'electron/main/ipc.ts'],
  ['electron/preload/preload.ts', 'electron/backend/base/faults.ts'],
  ['electron/preload/preload.ts', 'renderer/src/lib/format.ts'],
  ['electron/preload/preload.ts', 'shared/contract.ts'],
  // e2e drives what users drive.
  ['e2e/specs/run.spec.ts', 'electron/backend/backend.ts'],
  ['e2e/specs/run.spec.ts', 'e2e/support/backend-internals.ts'],
  ['e2e/rerun/openai.rerun.ts', 'electron/backend/executor/gateway/match.ts'],
  ['e2e/support/host.ts', 'electron/backend/hosts/headless.ts'],
  ['e2e/support/host.ts', 'electron/main/main.ts'],
  ['e2e/support/steps.ts', 'renderer/src/lib/format.ts'],
  ['e2e/corpus/wire.corpus.ts', 'electron/backend/executor/gateway/match.ts'],
  ['e2e/bench/goals.ts', 'electron/backend/library/reader.ts'],
  ['e2e/lab/lab.ts', 'electron/backend/backend.ts'],
  ['e2e/thousand/thousand.ts', 'electron/backend/executor/gateway/match.ts'],
  // What builds and checks knows nothing of what it builds.
  ['.config/build.ts', 'electron/backend/backend.ts'],
  // Helpers of tests stay with tests.
  ['electron/backend/backend.ts', 'electron/backend/backend.testing.ts'],
];

const known = new Set(files.map(({ path }) => path));

describe('a planted import is caught', () => {
  test.each(seeds)('%s → %s', (from, imported) => {
    expect(known, `${from} is there`).toContain(from);
    const isFile = /\.tsx?$/.test(imported);
    if (isFile) expect(known, `${imported} is there`).toContain(imported);
    expect(planted(from, isFile ? importOf(from, imported) : `import type {} from '${imported}';`)).not.toEqual([]);
  });
});

describe('the floors of the backend', () => {
  const places = backendFloors.flatMap((floor, height) => floor.map((folder) => ({ folder, height })));
  const fileIn = (folder: string): SourceFile | undefined =>
    files.find(
      ({ path }) =>
        (path === `electron/backend/${folder}` || path.startsWith(`electron/backend/${folder}/`)) &&
        /(?<!\.test|\.testing)\.ts$/.test(path),
    );

  test('each has files', () => {
    expect(places.filter(({ folder }) => !fileIn(folder))).toEqual([]);
  });

  const upward = places.flatMap((from) =>
    places
      .filter((to) => to.folder !== from.folder && to.height >= from.height)
      .map((to) => [from.folder, to.folder] as const),
  );
  test.each(upward)('%s must not import %s', (from, to) => {
    const [importer, imported] = [fileIn(from), fileIn(to)];
    if (!importer || !imported) throw new Error('no such folder');
    expect(planted(importer.path, importOf(importer.path, imported.path))).not.toEqual([]);
  });

  test('are those that .github/ARCHITECTURE.md tells', () => {
    const page = readFileSync(new URL('../.github/ARCHITECTURE.md', import.meta.url), 'utf8');
    const told = /\*\*Floors\*\*[^`]*`([^`]+)`/
      .exec(page)?.[1]
      ?.split(' · ')
      .map((floor) => floor.split(', '));
    expect(told).toEqual(backendFloors.map((floor) => floor.map(String)).toReversed());
  });
});

test('every kind of import is seen', () => {
  // In two parts: this file is checked as well.
  const other = `'../screens/${'run'}/x.ts'`;
  const kinds = [
    `import { runCommand } from ${other};`,
    `import type { X } from ${other};`,
    `import ${other};`,
    `export { x } from ${other};`,
    `export * from ${other};`,
    `export type { X } from ${other};`,
    `const later = await import(${other});`,
    `type Later = import(${other}).X;`,
  ];
  for (const line of kinds) expect(planted('renderer/src/lib/planted.ts', `${line}\nexport {};`), line).toHaveLength(1);
});

test('a circle is found, also one that only types close', () => {
  const circle = checkImports([
    ...files,
    { path: 'shared/model/one.ts', text: "import type { Two } from './two.ts';\nexport type One = Two;" },
    { path: 'shared/model/two.ts', text: "import type { Three } from './three.ts';\nexport type Two = Three;" },
    { path: 'shared/model/three.ts', text: "import type { One } from './one.ts';\nexport type Three = One;" },
  ]);
  expect(circle.map(({ message }) => message)).toEqual([
    expect.stringMatching(/circle of imports: .*one\.ts → .*two\.ts → .*three\.ts/) as string,
  ]);
});

test('a file in no room is named', () => {
  expect(checkFile({ path: 'electron/backend/newcomer/x.ts', text: 'export {};' })).toMatchObject([
    { file: 'electron/backend/newcomer/x.ts', message: expect.stringContaining('in no room') as string },
  ]);
});
