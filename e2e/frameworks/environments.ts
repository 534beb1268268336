import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Framework } from './framework-list.ts';

/** Where a framework is installed, and how its agent is started there. */
export type Environment =
  | { readonly kind: 'ready'; readonly command: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

const agents = fileURLToPath(new URL('agents/', import.meta.url));
const python = process.env['RETAKE_TEST_PYTHON'] ?? 'python3';

/** Installs what is not there yet, below the folder and never in the repository. Agents are copied: an import is looked for beside its file. */
export async function prepareEnvironment(framework: Framework, cache: string): Promise<Environment> {
  const hash = createHash('sha256').update(framework.packages.join('\n')).digest('hex').slice(0, 8);
  const folder = join(
    cache,
    `${framework.language}-${framework.packages[0]?.replaceAll(/[^a-z0-9.]+/gi, '-')}-${hash}`,
  );
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const problem =
      framework.language === 'python' ? await installPython(framework, folder) : await installNode(framework, folder);
    if (problem !== undefined) return { kind: 'refused', reason: problem };
    writeFileSync(done, framework.packages.join('\n'));
  }
  for (const name of readdirSync(agents)) copyFileSync(join(agents, name), join(folder, name));
  const program = framework.language === 'python' ? pythonOf(folder) : process.execPath;
  return { kind: 'ready', command: [program, join(folder, framework.agent), ...(framework.words ?? [])] };
}

const pythonOf = (folder: string): string =>
  process.platform === 'win32' ? join(folder, 'venv', 'Scripts', 'python.exe') : join(folder, 'venv', 'bin', 'python');

async function installPython({ packages }: Framework, folder: string): Promise<string | undefined> {
  return (
    (await run(python, ['-m', 'venv', join(folder, 'venv')], folder)) ??
    (await run(
      pythonOf(folder),
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
      folder,
    ))
  );
}

async function installNode({ packages }: Framework, folder: string): Promise<string | undefined> {
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
export function versionOf({ packages }: Framework): string {
  return packages[0]?.replace(/^@?[^@=]*(?:==|@)/, '') ?? '';
}
