import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What an agent needs. */
export interface Needs {
  readonly language: 'python' | 'node';
  /** The one that is tried first, then what it needs beside; each with its version. */
  readonly packages: readonly [string, ...string[]];
}

/** Where that is installed, with the agents beside it, and the interpreter that finds it. */
export type Environment =
  | { readonly kind: 'ready'; readonly folder: string; readonly interpreter: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** Of the frameworks. */
export const frameworkAgents = fileURLToPath(new URL('agents/', import.meta.url));
/** Installs in a tenth of pip's time, from the same registry, and once for all environments (links into one cache). */
const installer = 'uv==0.13.9';
const python = process.env['RETAKE_TEST_PYTHON'] ?? 'python3';

/** Installs what is not there yet, below the folder and never in the repository. Agents are copied: an import is looked for beside its file. */
export async function prepareEnvironment(
  needs: Needs,
  cache: string,
  agentFolders: readonly string[],
): Promise<Environment> {
  const hash = createHash('sha256').update(needs.packages.join('\n')).digest('hex').slice(0, 8);
  const folder = join(cache, `${needs.language}-${needs.packages[0].replaceAll(/[^a-z0-9.]+/gi, '-')}-${hash}`);
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const problem =
      needs.language === 'python' ? await installPython(needs, folder, cache) : await installNode(needs, folder);
    if (problem !== undefined) return { kind: 'refused', reason: problem };
    writeFileSync(done, needs.packages.join('\n'));
  }
  for (const agents of agentFolders)
    for (const name of readdirSync(agents)) copyFileSync(join(agents, name), join(folder, name));
  return { kind: 'ready', folder, interpreter: needs.language === 'python' ? pythonOf(folder) : process.execPath };
}

const programIn = (folder: string, name: string): string =>
  process.platform === 'win32' ? join(folder, 'venv', 'Scripts', `${name}.exe`) : join(folder, 'venv', 'bin', name);
const pythonOf = (folder: string): string => programIn(folder, 'python');

async function installPython({ packages }: Needs, folder: string, cache: string): Promise<string | undefined> {
  const tools = join(cache, 'installer');
  if (!existsSync(programIn(tools, 'uv'))) {
    mkdirSync(tools, { recursive: true });
    const problem =
      (await run(python, ['-m', 'venv', join(tools, 'venv')], tools)) ??
      (await run(pythonOf(tools), ['-m', 'pip', 'install', '--quiet', installer], tools));
    if (problem !== undefined) return problem;
  }
  const uv = programIn(tools, 'uv');
  const linked = ['--cache-dir', join(cache, 'installer', 'cache'), '--quiet'];
  return (
    (await run(uv, ['venv', '--python', python, ...linked, join(folder, 'venv')], folder)) ??
    (await run(uv, ['pip', 'install', '--python', pythonOf(folder), ...linked, ...packages], folder))
  );
}

async function installNode({ packages }: Needs, folder: string): Promise<string | undefined> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const words = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages];
  return process.platform === 'win32' ? run('cmd', ['/c', 'npm', ...words], folder) : run('npm', words, folder);
}

/** The last line that a program wrote before it failed, or undefined where it did not fail. */
function run(program: string, words: readonly string[], cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, words, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : (text.trim().split('\n').at(-1) ?? `status ${code}`)),
    );
  });
}

/** The version that is installed, of the package that is tried. */
export function versionOf({ packages }: Needs): string {
  return packages[0].replace(/^@?[^@=]*(?:==|@)/, '');
}
