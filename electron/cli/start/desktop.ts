import { spawn } from 'node:child_process';
import { downloadElectron, findElectron, isDownloadInReach } from './electron-binary.ts';

export type DesktopOutcome =
  /** It ran, and has ended. */
  | { readonly kind: 'ended'; readonly exitCode: number }
  /** It cannot run here; `reason` fits into "(…)". */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Electron that ends with a fault sooner never showed a window: a library of the system is missing, or the display refuses. */
const earlyMs = 3_000;

export function hasDisplay(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): boolean {
  return platform !== 'linux' || Boolean(environment['DISPLAY']) || Boolean(environment['WAYLAND_DISPLAY']);
}

/** Runs the Electron window until it is closed, or says why it cannot. Downloads Electron when that is possible. */
export async function runDesktop(
  root: string,
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<DesktopOutcome> {
  if (environment['RETAKE_BROWSER']) return { kind: 'unavailable', reason: 'as RETAKE_BROWSER asks' };
  if (!hasDisplay(process.platform, environment) && !environment['ELECTRON_OVERRIDE_DIST_PATH'])
    return { kind: 'unavailable', reason: 'there is no display' };
  const electron = findElectron(environment);
  if (electron === undefined) return { kind: 'unavailable', reason: 'Electron is not among the installed packages' };
  const executable = electron.executable ?? (await download(electron.version, environment));
  if (executable === undefined)
    return {
      kind: 'unavailable',
      reason: `the Electron ${electron.version} binary is not installed and its download is out of reach`,
    };
  return runElectron(executable, root, argv);
}

async function download(version: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (!(await isDownloadInReach(version, environment))) return undefined;
  process.stdout.write(`retake: downloading Electron ${version} (once)…\n`);
  return downloadElectron() ? findElectron(environment)?.executable : undefined;
}

function runElectron(executable: string, root: string, argv: readonly string[]): Promise<DesktopOutcome> {
  const startedMs = performance.now();
  // Chromium refuses to run as root with its sandbox.
  const child = spawn(executable, [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root, ...argv], {
    stdio: 'inherit',
  });
  // Ctrl-C reaches Electron by itself and lets it finish; this process waits for it.
  const wait = (): void => undefined;
  const end = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', wait);
  process.on('SIGTERM', end);
  return new Promise<DesktopOutcome>((resolve) => {
    child.once('error', (error) =>
      resolve({ kind: 'unavailable', reason: `Electron cannot be started: ${error.message}` }),
    );
    child.once('exit', (code, signal) => {
      const failedEarly = code !== 0 && signal === null && performance.now() - startedMs < earlyMs;
      resolve(
        failedEarly
          ? { kind: 'unavailable', reason: `Electron ended with code ${code} before it showed a window` }
          : { kind: 'ended', exitCode: code ?? 1 },
      );
    });
  }).finally(() => {
    process.off('SIGINT', wait);
    process.off('SIGTERM', end);
  });
}
