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
]);

export class StandinApp extends EventEmitter {
  readonly isPackaged = false;
  readonly name: string;
  /** Switches are for Electron's own Chromium; the one that runs has the flags it needs. */
  readonly commandLine = { appendSwitch: (_name: string, _value?: string): void => undefined };
  _surroundings: AppSurroundings | undefined;
  _isSandboxed = false;
  private readonly version: string;
  private readonly becameReady = Promise.withResolvers<void>();
  private readonly paths = new Map<string, string>();
  private hasBeenReady = false;
  private isQuitting = false;
  private lock: FSWatcher | undefined;

  constructor(name: string, version: string) {
    super();
    this.name = name;
    this.version = version;
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

  setPath(name: 'userData', path: string): void {
    this.paths.set(name, path);
  }

  getPath(name: 'userData'): string {
    return this.paths.get(name) ?? '';
  }

  enableSandbox(): void {
    if (this.hasBeenReady) throw new Error('app.enableSandbox() can only be called before app is ready');
    this._isSandboxed = true;
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
    if (this.isQuitting) return;
    if (this.isPrevented('before-quit')) return;
    this.isQuitting = true;
    this._surroundings?.closeAllWindows();
    this.isQuitting = false;
    if (this.isPrevented('will-quit')) return;
    void this.exit(0);
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
