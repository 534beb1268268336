import { EventEmitter } from 'node:events';
import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
  closeSync,
} from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { strict } from './strict.ts';
import { utilityProcesses } from './utility-process.ts';

/** What the app needs of the windows and the browser, which are started after it. */
export interface AppSurroundings {
  closeAllWindows(): void;
  closeBrowser(): Promise<void>;
}

/** Subscribing to anything else would wait for what never comes. The second line comes only when a test emits it. */
const appEvents = new Set([
  'ready',
  'before-quit',
  'will-quit',
  'quit',
  'window-all-closed',
  'second-instance',
  'web-contents-created',
  'open-file',
  'open-url',
  'activate',
  'child-process-gone',
]);

export interface StandinAppOptions {
  readonly name: string;
  readonly version: string;
  /** The app's, as it was given. */
  readonly folder: string;
  readonly argv: readonly string[];
}

export class StandinApp extends EventEmitter {
  readonly isPackaged = false;
  readonly name: string;
  /** Those that it was started with, and more from main. They are for Electron's own Chromium; the one that runs has the flags it needs. */
  readonly commandLine: Pick<Electron.CommandLine, 'appendSwitch' | 'hasSwitch' | 'getSwitchValue'>;
  _surroundings: AppSurroundings | undefined;
  _isSandboxed = false;
  private readonly version: string;
  private readonly folder: string;
  private readonly switches: Map<string, string>;
  private readonly becameReady = Promise.withResolvers<void>();
  private readonly paths = new Map<string, string>();
  private hasBeenReady = false;
  private isQuitting = false;
  private isWithinWillQuit = false;
  private lock: FSWatcher | undefined;

  constructor({ name, version, folder, argv }: StandinAppOptions) {
    super();
    this.name = name;
    this.version = version;
    this.folder = folder;
    const switches = new Map(
      argv
        .filter((text) => text.startsWith('--') && text !== '--')
        .map((text) => {
          const [switchName = '', ...value] = text.slice(2).split('=');
          return [switchName, value.join('=')] as const;
        }),
    );
    this.switches = switches;
    this.commandLine = strict('app.commandLine', {
      appendSwitch: (switchName: string, value = ''): void => void switches.set(switchName, value),
      hasSwitch: (switchName: string): boolean => switches.has(switchName),
      getSwitchValue: (switchName: string): string => switches.get(switchName) ?? '',
    });
    this.paths.set('userData', join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), name));
    const self = strict('app', this);
    this.on('newListener', (event: string) => {
      if (!appEvents.has(event) && !['newListener', 'removeListener'].includes(event))
        throw new Error(`stand-in: app event ${event} is not implemented`);
    });
    return self;
  }

  whenReady(): Promise<void> {
    return this.becameReady.promise;
  }

  isReady(): boolean {
    return this.hasBeenReady;
  }

  /** Called once main has been loaded. Playwright's loader holds both back until it is connected. */
  _becomeReady(): void {
    this.hasBeenReady = true;
    this.emit('ready', {}, {});
    this.becameReady.resolve();
  }

  getVersion(): string {
    return this.version;
  }

  getAppPath(): string {
    return this.folder;
  }

  setAppUserModelId(_id: string): void {
    // For Windows alone, where this does not run.
  }

  setPath(name: 'userData', path: string): void {
    this.paths.set(name, path);
  }

  getPath(name: 'userData'): string {
    return this.paths.get(name) ?? '';
  }

  enableSandbox(): void {
    if (this.hasBeenReady) throw new Error('app.enableSandbox() can only be called before app is ready');
    this._isSandboxed = true;
    // Electron takes the switch away, wherever it came from: as root nothing starts then.
    this.switches.delete('no-sandbox');
  }

  getAppMetrics(): { readonly pid: number; readonly type: 'Utility'; readonly name: string }[] {
    return [...utilityProcesses].flatMap(({ pid, serviceName }) =>
      pid === undefined ? [] : [{ pid, type: 'Utility' as const, name: serviceName }],
    );
  }

  /** The first process with this userData holds a file with its id; later ones leave their data beside it and go. */
  requestSingleInstanceLock(additionalData: Record<string, unknown> = {}): boolean {
    const folder = join(this.getPath('userData'), 'standin-instances');
    const lockPath = join(folder, 'lock');
    mkdirSync(folder, { recursive: true });
    if (isHeld(lockPath)) {
      const letter = join(folder, `${process.pid}.json`);
      writeFileSync(`${letter}.new`, JSON.stringify({ argv: process.argv, directory: process.cwd(), additionalData }));
      renameSync(`${letter}.new`, letter);
      return false;
    }
    closeSync(openSync(lockPath, 'w'));
    writeFileSync(lockPath, String(process.pid));
    this.lock = watch(folder, () => this.readLetters(folder));
    return true;
  }

  private readLetters(folder: string): void {
    if (!this.hasBeenReady) return;
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const letter = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
        argv: string[];
        directory: string;
        additionalData: unknown;
      };
      rmSync(join(folder, name));
      this.emit('second-instance', {}, letter.argv, letter.directory, letter.additionalData);
    }
  }

  quit(): void {
    // Electron passes over it while `will-quit` is emitted.
    if (this.isQuitting || this.isWithinWillQuit) return;
    if (this.isPrevented('before-quit')) return;
    this.isQuitting = true;
    this._surroundings?.closeAllWindows();
    this.isQuitting = false;
    this.isWithinWillQuit = true;
    const prevented = this.isPrevented('will-quit');
    this.isWithinWillQuit = false;
    if (!prevented) void this.exit(0);
  }

  get _quitting(): boolean {
    return this.isQuitting;
  }

  private isPrevented(name: 'before-quit' | 'will-quit'): boolean {
    let prevented = false;
    this.emit(name, {
      preventDefault() {
        prevented = true;
      },
    });
    return prevented;
  }

  _childGone(details: Omit<Electron.Details, 'type'> & { readonly type: 'Utility' }): void {
    if (!this.isQuitting) this.emit('child-process-gone', {}, details);
  }

  private async exit(code: number): Promise<void> {
    this.isQuitting = true;
    this.emit('quit', {}, code);
    for (const child of utilityProcesses) child.kill();
    if (this.lock !== undefined) {
      this.lock.close();
      rmSync(join(this.getPath('userData'), 'standin-instances'), { recursive: true, force: true });
    }
    await this._surroundings?.closeBrowser();
    process.exit(code);
  }
}

function isHeld(lockPath: string): boolean {
  try {
    process.kill(Number(readFileSync(lockPath, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}
