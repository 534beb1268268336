import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { strict } from './strict.ts';

/** Parts of Electron that show nothing here: they hold state that a test can read, or refuse and say what a test must put in their place. */

export class StandinMenuItem {
  readonly id: string | undefined;
  readonly label: string;
  readonly role: string | undefined;
  readonly accelerator: Electron.MenuItemConstructorOptions['accelerator'];
  readonly submenu: StandinMenu | undefined;
  private readonly handler: (() => void) | undefined;

  constructor(options: Electron.MenuItemConstructorOptions) {
    this.id = options.id;
    this.label = options.label ?? options.role ?? '';
    this.role = options.role;
    this.accelerator = options.accelerator;
    this.submenu = Array.isArray(options.submenu) ? StandinMenu.buildFromTemplate(options.submenu) : undefined;
    // Main's own handlers use no argument; one that did would see undefined and fail here.
    this.handler = options.click as (() => void) | undefined;
    return strict('MenuItem', this);
  }

  click(): void {
    if (this.handler === undefined)
      throw new Error(`stand-in: the menu item ${this.label} has no click handler; roles are not implemented`);
    this.handler();
  }
}

export class StandinMenu {
  readonly items: readonly StandinMenuItem[];
  private static current: StandinMenu | null = null;

  constructor(items: readonly StandinMenuItem[]) {
    this.items = items;
    return strict('Menu', this);
  }

  static buildFromTemplate(template: Electron.MenuItemConstructorOptions[]): StandinMenu {
    return new StandinMenu(template.map((options) => new StandinMenuItem(options)));
  }

  static setApplicationMenu(menu: StandinMenu | null): void {
    StandinMenu.current = menu;
  }

  static getApplicationMenu(): StandinMenu | null {
    return StandinMenu.current;
  }

  getMenuItemById(id: string): StandinMenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
}

export const dialog = strict('dialog', {
  showOpenDialog: async (..._options: unknown[]): Promise<Electron.OpenDialogReturnValue> => refuse('showOpenDialog'),
  showMessageBox: async (..._options: unknown[]): Promise<Electron.MessageBoxReturnValue> => refuse('showMessageBox'),
  showErrorBox(title: string, content: string): void {
    process.stderr.write(`${title}: ${content}\n`);
  },
});

function refuse(name: string): never {
  throw new Error(`stand-in: there are no native dialogs and no file manager; let the test replace ${name}`);
}

/** Opens nothing on the machine that runs the tests: a test replaces it. */
export const shell = strict('shell', {
  showItemInFolder: (_path: string): void => refuse('showItemInFolder'),
});

class StandinNativeTheme extends EventEmitter {
  private source: Electron.NativeTheme['themeSource'] = 'system';

  constructor() {
    super();
    return strict('nativeTheme', this);
  }

  get themeSource(): Electron.NativeTheme['themeSource'] {
    return this.source;
  }

  set themeSource(source: Electron.NativeTheme['themeSource']) {
    this.source = source;
    this.emit('updated');
  }

  get shouldUseDarkColors(): boolean {
    return this.source === 'dark';
  }
}

export const nativeTheme = new StandinNativeTheme();

/** The key of a system's keychain outlives the app; this one ends with the process, so what was encrypted cannot be read by the next. */
const keychainKey = randomBytes(32);

export const safeStorage = strict('safeStorage', {
  isAsyncEncryptionAvailable: (): Promise<boolean> => Promise.resolve(true),
  getSelectedStorageBackend: (): ReturnType<Electron.SafeStorage['getSelectedStorageBackend']> => 'gnome_libsecret',
  encryptStringAsync(plainText: string): Promise<Buffer> {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', keychainKey, nonce);
    const encrypted = Buffer.concat([cipher.update(plainText, 'utf8'), cipher.final()]);
    return Promise.resolve(Buffer.concat([nonce, cipher.getAuthTag(), encrypted]));
  },
  async decryptStringAsync(encrypted: Buffer): Promise<Electron.DecryptStringAsyncReturnValue> {
    const decipher = createDecipheriv('aes-256-gcm', keychainKey, encrypted.subarray(0, 12)).setAuthTag(
      encrypted.subarray(12, 28),
    );
    return Promise.resolve({
      result: Buffer.concat([decipher.update(encrypted.subarray(28)), decipher.final()]).toString('utf8'),
      shouldReEncrypt: false,
    });
  },
});

type CheckHandler = Parameters<Electron.Session['setPermissionCheckHandler']>[0];
type RequestHandler = Parameters<Electron.Session['setPermissionRequestHandler']>[0];
/** Without a handler Electron grants everything, and so does this. */
let checkHandler: CheckHandler = null;
let requestHandler: RequestHandler = null;
/** As in Electron: neither a window's own `spellcheck: false` nor a checker that is off keeps its dictionary from being fetched. */
let spellCheckerLanguages: readonly string[] = ['en-US'];

export function isDictionaryFetched(): boolean {
  return spellCheckerLanguages.length > 0;
}

export const session = strict('session', {
  defaultSession: strict('session.defaultSession', {
    setPermissionCheckHandler(handler: CheckHandler): void {
      checkHandler = handler;
    },
    setPermissionRequestHandler(handler: RequestHandler): void {
      requestHandler = handler;
    },
    setSpellCheckerEnabled(enable: boolean): void {
      if (enable) throw new Error('stand-in: there is no spell checker');
    },
    setSpellCheckerLanguages(languages: readonly string[]): void {
      spellCheckerLanguages = languages;
    },
  }),
});

export type Permission = Parameters<NonNullable<CheckHandler>>[1];

/** What main's two handlers say. Electron asks one or the other, depending on the web API: they must agree. */
export function isGranted(contents: unknown, permission: Permission, requestingUrl: string): boolean {
  const page = contents as Electron.WebContents;
  const checked = checkHandler?.(page, permission, requestingUrl, { isMainFrame: true, requestingUrl }) ?? true;
  let requested = true;
  requestHandler?.(
    page,
    permission,
    (granted) => {
      requested = granted;
    },
    { isMainFrame: true, requestingUrl },
  );
  if (checked !== requested) throw new Error(`stand-in: the permission handlers disagree about ${permission}`);
  return checked;
}

type ProtocolHandler = (request: Request) => Response | Promise<Response>;
const handlers = new Map<string, ProtocolHandler | undefined>();

export const protocol = strict('protocol', {
  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void {
    for (const { scheme, privileges } of schemes) {
      if (privileges?.standard !== true || privileges.secure !== true)
        throw new Error('stand-in: schemes are served as if standard and secure, so they must be');
      handlers.set(scheme, undefined);
    }
  },
  handle(scheme: string, handler: ProtocolHandler): void {
    if (!handlers.has(scheme)) throw new Error(`stand-in: the scheme ${scheme} was not registered as privileged`);
    handlers.set(scheme, handler);
  },
});

/** Chromium knows no new schemes, so app://retake/x is served to it as https://retake.app.standin/x, an origin with the same rights. */
export function toServed(url: string): string {
  const match = /^([a-z]+):\/\/([^/?#]+)(.*)$/i.exec(url);
  const scheme = match?.[1];
  return scheme !== undefined && handlers.has(scheme)
    ? `https://${match?.[2]}.${scheme}.standin${match?.[3] || '/'}`
    : url;
}

export function toOwn(url: string): string {
  return url.replace(/^https:\/\/([^/?#]+)\.([a-z]+)\.standin(?=[/?#]|$)/, '$2://$1');
}

export function handlerFor(ownUrl: string): ProtocolHandler | undefined {
  return handlers.get(ownUrl.slice(0, ownUrl.indexOf(':')));
}
