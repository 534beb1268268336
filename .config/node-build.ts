import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';

/** Native or fetched at run time: never part of a bundle. */
const external = ['electron', 'better-sqlite3'];

interface NodeBuild {
  /** Output folder below dist/, and the name that messages use. */
  readonly name: string;
  /** Output file without its ending → source file, from the root of the project. */
  readonly entries: Readonly<Record<string, string>>;
  /** `cjs`: one CommonJS file with the ending .cjs, as a sandboxed preload must be (Electron, tutorial/esm). */
  readonly format: 'es' | 'cjs';
}

/** Vite configuration of a program that runs in Node: main, preload, backend. Throws when an entry does not exist. */
export function nodeBuild({ name, entries, format }: NodeBuild): UserConfig {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const missing = Object.values(entries).filter((source) => !existsSync(`${root}${source}`));
  if (missing.length > 0)
    throw new Error(`Cannot build ${name}: ${missing.join(', ')} ${missing.length === 1 ? 'does' : 'do'} not exist.`);
  return {
    root,
    publicDir: false,
    ssr: { noExternal: true, external, target: 'node' },
    resolve: { builtins: [...builtinModules, /^node:/] },
    build: {
      ssr: true,
      outDir: `${root}dist/${name}`,
      emptyOutDir: true,
      target: 'node24',
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        input: Object.fromEntries(Object.entries(entries).map(([output, source]) => [output, `${root}${source}`])),
        external: [...external, /^node:/],
        output: {
          format,
          entryFileNames: format === 'cjs' ? '[name].cjs' : '[name].js',
          // Beside the entries: workers are found relative to the file that starts them.
          chunkFileNames: 'shared-[name]-[hash].js',
          codeSplitting: format === 'es',
          // What is shipped has no blanks; names stay, so that a stack tells where it was.
          ...(process.env['RETAKE_SHIPPED'] === undefined
            ? {}
            : { minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } } }),
          // Half of what packages bring along is their documentation.
          comments: { jsdoc: false },
        },
      },
    },
  };
}
