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

/** How a process ends that cannot go on: Chromium ends itself so where its sandbox is refused. */
const fatalSignals: readonly string[] = ['SIGTRAP', 'SIGABRT', 'SIGILL', 'SIGSEGV', 'SIGBUS'];
/** What Chromium writes where the system lets it make no sandbox: Ubuntu 23.10 and later, some containers. */
const noSandbox = /No usable sandbox|setuid_sandbox_host|SUID sandbox|namespace sandbox/i;

async function runElectron(executable: string, root: string, argv: readonly string[]): Promise<DesktopOutcome> {
  const startedMs = performance.now();
  // Chromium refuses to run as root with its sandbox.
  const child = spawn(executable, [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root, ...argv], {
    stdio: ['inherit', 'inherit', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    process.stderr.write(part);
    if (said.length < 20_000) said += part.toString('utf8');
  });
  // The terminal sends Ctrl-C to both, and Electron ends once; what is sent to this process alone is passed on.
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, passOn);
  return new Promise<DesktopOutcome>((resolve) => {
    child.once('error', (error) =>
      resolve({ kind: 'unavailable', reason: `Electron cannot be started: ${error.message}` }),
    );
    child.once('close', (code, signal) => {
      const died = signal === null ? code !== 0 : fatalSignals.includes(signal);
      if (!died || performance.now() - startedMs >= earlyMs) return resolve({ kind: 'ended', exitCode: code ?? 1 });
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      resolve({
        kind: 'unavailable',
        reason: noSandbox.test(said)
          ? 'this system lets Electron make no sandbox: user namespaces are off'
          : `Electron ended ${how} before it showed a window`,
      });
    });
  }).finally(() => {
    for (const signal of signals) process.off(signal, passOn);
  });
}
