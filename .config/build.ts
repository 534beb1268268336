import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wordsOf } from '../shared/words-of.ts';

/**
 * `npm run build`: the window, main, preload and backend into dist/, each only when a source of it changed since.
 * `--force` builds all. One file of Vite configuration per program lies beside its sources.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

interface Target {
  readonly name: string;
  readonly config: string;
  /** Folders and files whose change makes a build necessary. */
  readonly sources: readonly string[];
  /** A file that every build of it writes. */
  readonly output: string;
}

const everywhere = ['package.json', 'package-lock.json', '.config/node-build.ts', 'shared'];

const targets: readonly Target[] = [
  {
    name: 'renderer',
    config: 'renderer/vite.config.ts',
    sources: ['renderer', ...everywhere],
    output: 'dist/renderer/index.html',
  },
  {
    name: 'main',
    config: 'electron/main/vite.config.ts',
    sources: ['electron/main', ...everywhere],
    output: 'dist/main/main.js',
  },
  {
    name: 'preload',
    config: 'electron/preload/vite.config.ts',
    sources: ['electron/preload', ...everywhere],
    output: 'dist/preload/preload.cjs',
  },
  {
    name: 'backend',
    config: 'electron/backend/vite.config.ts',
    sources: ['electron/backend', 'electron/cli', ...everywhere],
    output: 'dist/backend/utility.js',
  },
];

/** kB. The files come from the disk, not over a network: size costs start-up time only far above this. */
const chunkSizeWarningLimit = 4_000;

/** Builds what is out of date, `only` of these where they are named. Resolves with the names of what was built; rejects with one message for all that failed. */
export async function buildWhatChanged({
  force = false,
  only,
}: { readonly force?: boolean; readonly only?: readonly string[] } = {}): Promise<readonly string[]> {
  const wanted = targets.filter(({ name }) => only?.includes(name) ?? true);
  const stale = wanted.filter((target) => force || !isFresh(target));
  if (stale.length === 0) return [];
  const { build } = await import('vite');
  const results = await Promise.allSettled(
    stale.map(async (target) => {
      // Taken before: a source that changes during the build makes the result stale.
      const stamp = stampOf(target);
      await build({
        configFile: join(root, target.config),
        configLoader: 'native',
        logLevel: 'warn',
        build: { chunkSizeWarningLimit },
      });
      mkdirSync(join(root, 'dist/.built'), { recursive: true });
      writeFileSync(stampFile(target), stamp);
    }),
  );
  const failures = results.flatMap((result, at) =>
    result.status === 'rejected' ? [`${stale[at]?.name}: ${wordsOf(result.reason)}`] : [],
  );
  if (failures.length > 0) throw new Error(failures.join('\n'));
  return stale.map((target) => target.name);
}

/** What is in dist/ is what the sources of now give. */
export function isBuilt(name: 'backend'): boolean {
  return targets.some((target) => target.name === name && isFresh(target));
}

function isFresh(target: Target): boolean {
  const file = stampFile(target);
  return existsSync(join(root, target.output)) && existsSync(file) && readFileSync(file, 'utf8') === stampOf(target);
}

function stampFile(target: Target): string {
  return join(root, 'dist/.built', target.name);
}

/** Changes when any source is added, removed or written, and with what .config/node-build.ts is told. */
function stampOf(target: Target): string {
  const hash = createHash('sha256').update(`${process.env['RETAKE_SHIPPED'] ?? ''}\0`);
  for (const source of target.sources) addToStamp(hash, join(root, source));
  return hash.digest('hex');
}

function addToStamp(hash: ReturnType<typeof createHash>, path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) {
    hash.update(`${path}\0${stats.size}\0${stats.mtimeMs}\0`);
    return;
  }
  for (const name of readdirSync(path).toSorted()) {
    if (!/\.(test|testing)\.tsx?$/.test(name)) addToStamp(hash, join(path, name));
  }
}

// `import.meta.main` is younger than the oldest Node that runs this.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const startedMs = performance.now();
    const built = await buildWhatChanged({ force: process.argv.includes('--force') });
    process.stdout.write(
      built.length === 0
        ? 'Everything is built.\n'
        : `Built ${built.join(', ')} in ${((performance.now() - startedMs) / 1000).toFixed(1)} s.\n`,
    );
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`);
    process.exitCode = 1;
  }
}
