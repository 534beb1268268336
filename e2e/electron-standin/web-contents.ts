import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { StandinApp } from './app.ts';
import type { Chromium, DevToolsSession } from './devtools.ts';
import { bridgeEnd, isolatedWorld, windowOpen } from './page-scripts.ts';
import { adoptPort, closePort, closePortsOf, postOnPort } from './ports.ts';
import type { PortOwner, StandinMessagePort } from './ports.ts';
import { strict, toJson, fromJson } from './strict.ts';
import { handlerFor, isGranted, nativeTheme, toOwn, toServed } from './surfaces.ts';

export interface Windows {
  readonly app: StandinApp;
  readonly chromium: Chromium;
  readonly ipcMain: StandinIpcMain;
}

export interface WebContentsOptions {
  readonly preload: string;
  readonly width: number;
  readonly height: number;
  onPainted(): void;
  onClose(): void;
  onGone(): void;
}

type Handler = Parameters<Electron.IpcMain['handle']>[1];

export class StandinIpcMain extends EventEmitter {
  readonly _handlers = new Map<string, Handler>();

  constructor() {
    super();
    return strict('ipcMain', this);
  }

  handle(channel: string, handler: Handler): void {
    if (this._handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this._handlers.set(channel, handler);
  }
}

const fromPageSchema = z.array(
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('send'), channel: z.string(), values: z.array(z.unknown()) }),
    z.object({ type: z.literal('invoke'), id: z.number(), channel: z.string(), values: z.array(z.unknown()) }),
    z.object({ type: z.literal('port'), portId: z.number(), text: z.string() }),
    z.object({ type: z.literal('port-closed'), portId: z.number() }),
  ]),
);

/** Subscribing to anything else would wait for what never comes. The last two never come here either: they have no page to come from. */
const contentsEvents = new Set([
  'will-navigate',
  'will-frame-navigate',
  'did-navigate',
  'did-finish-load',
  'destroyed',
  'newListener',
  'removeListener',
  'will-redirect',
  'will-attach-webview',
  'render-process-gone',
  'unresponsive',
  'responsive',
]);

/** Electron's name of a permission and the one of the permissions API. */
const permissions = [
  ['geolocation', 'geolocation'],
  ['notifications', 'notifications'],
  ['media', 'camera'],
  ['media', 'microphone'],
  ['midi', 'midi'],
  ['clipboard-read', 'clipboard-read'],
  ['clipboard-sanitized-write', 'clipboard-write'],
] as const;

/** Not guessable by a page: the names under which both worlds and main find each other. */
const secret = `standin-${crypto.randomUUID()}`;
const isolatedName = 'Electron Isolated Context';

export class StandinWebContents extends EventEmitter {
  private readonly windows: Windows;
  private readonly options: WebContentsOptions;
  private readonly opened: Promise<DevToolsSession>;
  private readonly owner: PortOwner;
  private targetId = '';
  private frameId: string | undefined;
  private isolatedContext: number | undefined;
  private outgoing: object[] = [];
  private url = '';
  private loading: string | undefined;
  private loaded: (() => void) | undefined;
  private isGone = false;
  private hasPainted = false;
  private openHandler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0] = () => ({ action: 'allow' });
  private static readonly all = new Set<StandinWebContents>();

  constructor(windows: Windows, options: WebContentsOptions) {
    super();
    this.windows = windows;
    this.options = options;
    this.owner = {
      message: (portId, json) => this.push({ type: 'port', portId, json }),
      closed: (portId) => this.push({ type: 'port-closed', portId }),
    };
    const self = strict('webContents', this);
    this.on('newListener', (event: string) => {
      if (!contentsEvents.has(event)) throw new Error(`stand-in: webContents event ${event} is not implemented`);
    });
    StandinWebContents.all.add(self);
    this.opened = self.openTarget();
    this.opened.catch((error: unknown) => process.stderr.write(`stand-in: the window cannot open: ${String(error)}\n`));
    nativeTheme.on('updated', () => void self.applyTheme());
    return self;
  }

  static fromDevToolsTargetId(targetId: string): StandinWebContents | undefined {
    return [...StandinWebContents.all].find((contents) => contents.targetId === targetId);
  }

  getURL(): string {
    return this.url;
  }

  isDestroyed(): boolean {
    return this.isGone;
  }

  setWindowOpenHandler(handler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0]): void {
    this.openHandler = handler;
  }

  async loadURL(url: string): Promise<void> {
    const session = await this.opened;
    this.loading = toServed(url);
    const finished = new Promise<void>((resolve) => {
      this.loaded = resolve;
    });
    const { errorText } = await session.send('Page.navigate', { url: this.loading });
    if (errorText !== undefined) throw new Error(`${errorText} loading '${url}'`);
    await finished;
  }

  reload(): void {
    void this.opened.then((session) => session.send('Page.reload')).catch(() => undefined);
  }

  forcefullyCrashRenderer(): void {
    void this.opened.then((session) => session.send('Page.crash')).catch(() => undefined);
  }

  /** The page's process ended; what it talked to sees its ports closed. */
  _crashed(exitCode: number): void {
    if (this.isGone) return;
    this.isolatedContext = undefined;
    closePortsOf(this.owner);
    this.emit('render-process-gone', {}, { reason: 'crashed', exitCode });
  }

  send(channel: string, ...values: unknown[]): void {
    this.push({ type: 'send', channel, values: fromJson(toJson(values)), ports: [] });
  }

  postMessage(channel: string, message: unknown, transfer: readonly StandinMessagePort[] = []): void {
    this.push({
      type: 'send',
      channel,
      values: [fromJson(toJson(message))],
      ports: transfer.map((port) => port.portId),
    });
    for (const port of transfer) adoptPort(port.portId, this.owner);
  }

  close(_options?: object): void {
    this.options.onClose();
  }

  _closeTarget(): void {
    this._destroyed();
    if (this.targetId !== '')
      this.windows.chromium.root.send('Target.closeTarget', { targetId: this.targetId }).catch(() => undefined);
  }

  _destroyed(): void {
    if (this.isGone) return;
    this.isGone = true;
    closePortsOf(this.owner);
    this.emit('destroyed');
    this.options.onGone();
  }

  private async openTarget(): Promise<DevToolsSession> {
    const { width, height, preload } = this.options;
    const { targetId } = await this.windows.chromium.root.send('Target.createTarget', {
      url: 'about:blank',
      width,
      height,
      newWindow: true,
    });
    this.targetId = targetId;
    const session = await this.windows.chromium.attach(targetId);
    session.on('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId !== undefined) return;
      this.frameId = frame.id;
      this.url = frame.url === 'about:blank' ? '' : toOwn(frame.url) + (frame.urlFragment ?? '');
      void this.applyPermissions();
      this.emit('did-navigate', {}, this.url);
    });
    session.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      if (frameId === this.frameId) this.url = toOwn(url);
    });
    session.on('Page.loadEventFired', () => this.onLoaded());
    session.on('Runtime.executionContextsCleared', () => {
      // The page is being replaced: its ports die with it.
      this.isolatedContext = undefined;
      closePortsOf(this.owner);
    });
    session.on('Runtime.executionContextCreated', ({ context }) => {
      const { frameId } = context.auxData as { readonly frameId?: string };
      if (context.name !== isolatedName || (this.frameId !== undefined && frameId !== this.frameId)) return;
      this.isolatedContext = context.id;
      void this.flush(session);
    });
    session.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name !== `${secret}-to-main`) return;
      for (const message of fromPageSchema.parse(JSON.parse(payload))) this.receive(message);
    });
    session.on('Debugger.paused', ({ callFrames }) => void this.answer(session, callFrames[0]?.callFrameId));
    session.on('Fetch.requestPaused', (event) => void this.serve(session, event));
    const page = inTopFrame(callText(bridgeEnd, secret, false), callText(windowOpen, secret));
    const isolated = inTopFrame(
      `const bridge = ${callText(bridgeEnd, secret, true)}`,
      `const world = (${isolatedWorld.toString()})(${JSON.stringify(secret)}, ${JSON.stringify(process.platform)}, bridge, () => { debugger; })`,
      `(function (require, process, module, exports) { ${readFileSync(preload, 'utf8')}\n})(world.require, world.process, { exports: {} }, {})`,
    );
    await Promise.all([
      session.send('Page.enable'),
      session.send('Runtime.enable'),
      session.send('DOM.enable'),
      session.send('Debugger.enable'),
      session.send('Runtime.addBinding', { name: `${secret}-to-main`, executionContextName: isolatedName }),
      session.send('Page.addScriptToEvaluateOnNewDocument', { source: page }),
      session.send('Page.addScriptToEvaluateOnNewDocument', { source: isolated, worldName: isolatedName }),
      session.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
    ]);
    return session;
  }

  private onLoaded(): void {
    this.loaded?.();
    this.loaded = undefined;
    this.emit('did-finish-load');
    if (!this.hasPainted) this.options.onPainted();
    this.hasPainted = true;
  }

  private async applyTheme(): Promise<void> {
    if (this.isGone) return;
    const source = nativeTheme.themeSource;
    await (
      await this.opened
    )
      .send('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value: source === 'system' ? '' : source }],
      })
      .catch(() => undefined);
  }

  /** Makes Chromium behave as main's handlers decided, for the origin that is shown. */
  private async applyPermissions(): Promise<void> {
    if (this.url === '') return;
    const served = new URL(toServed(this.url)).origin;
    for (const [electronName, name] of permissions) {
      const setting = isGranted(this, electronName, `${toOwn(served)}/`) ? 'granted' : 'denied';
      await this.windows.chromium.root.send('Browser.setPermission', { permission: { name }, setting, origin: served });
    }
  }

  private receive(message: z.infer<typeof fromPageSchema>[number]): void {
    const event = {
      sender: this,
      senderFrame: strict('senderFrame', { parent: null, origin: this.originOfPage(), url: this.url }),
    };
    switch (message.type) {
      case 'send':
        this.windows.ipcMain.emit(message.channel, event, ...message.values);
        return;
      case 'invoke':
        void this.invoke(message.id, message.channel, event, message.values);
        return;
      case 'port':
        postOnPort(message.portId, toJson(message.text));
        return;
      case 'port-closed':
        closePort(message.portId);
    }
  }

  private originOfPage(): string {
    return /^[a-z]+:\/\/[^/?#]*/i.exec(this.url)?.[0] ?? 'null';
  }

  private async invoke(id: number, channel: string, event: object, values: readonly unknown[]): Promise<void> {
    const handler = this.windows.ipcMain._handlers.get(channel);
    try {
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      this.push({
        type: 'result',
        id,
        value: fromJson(toJson(await handler(event as Electron.IpcMainInvokeEvent, ...values))),
      });
    } catch (error) {
      this.push({ type: 'result', id, error: `Error invoking remote method '${channel}': ${String(error)}` });
    }
  }

  private push(message: object): void {
    if (this.isGone || this.outgoing.push(message) > 1) return;
    setImmediate(() => void this.opened.then((session) => this.flush(session)));
  }

  /** Messages wait until the preload of the page has run. */
  private async flush(session: DevToolsSession): Promise<void> {
    if (this.isolatedContext === undefined || this.outgoing.length === 0) return;
    const batch = JSON.stringify(this.outgoing);
    this.outgoing = [];
    const functionDeclaration = `function (batch) { globalThis[${JSON.stringify(`${secret}-from-main`)}](batch); }`;
    await session
      .send('Runtime.callFunctionOn', {
        executionContextId: this.isolatedContext,
        functionDeclaration,
        arguments: [{ value: batch }],
      })
      .catch(() => undefined);
  }

  /** Answers a synchronous question of the isolated world (page-scripts.ts, askMain). */
  private async answer(session: DevToolsSession, callFrameId: string | undefined): Promise<void> {
    try {
      if (callFrameId === undefined) return;
      const evaluate = async (expression: string) =>
        (await session.send('Debugger.evaluateOnCallFrame', { callFrameId, expression })).result;
      const question = `globalThis[${JSON.stringify(`${secret}-question`)}]`;
      const type: unknown = (await evaluate(`${question}?.type`)).value;
      const subject = await evaluate(`${question}?.subject`);
      let given: string;
      if (type === 'path' && subject.objectId !== undefined)
        given = (await session.send('DOM.getFileInfo', { objectId: subject.objectId })).path;
      else if (type === 'open') given = this.askToOpen(String(subject.value));
      else return;
      await evaluate(`globalThis[${JSON.stringify(`${secret}-answer`)}] = ${JSON.stringify(given)}`);
    } finally {
      await session.send('Debugger.resume').catch(() => undefined);
    }
  }

  private askToOpen(url: string): string {
    const { action } = this.openHandler({
      url: toOwn(url),
      frameName: '',
      features: '',
      disposition: 'foreground-tab',
      referrer: { url: '', policy: 'no-referrer' },
    });
    if (action !== 'deny') throw new Error('stand-in: opening a second window is not implemented');
    return action;
  }

  /** Every request passes here: a navigation is asked about first, and main's protocol handler answers for its scheme. */
  private async serve(
    session: DevToolsSession,
    event: {
      readonly requestId: string;
      readonly request: { readonly url: string; readonly method: string; readonly headers: object };
      readonly frameId: string;
      readonly resourceType: string;
    },
  ): Promise<void> {
    const { requestId, request } = event;
    const url = toOwn(request.url);
    try {
      if (event.resourceType === 'Document' && !this.mayGo(url, request.url, event.frameId)) {
        await session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
        return;
      }
      const handler = handlerFor(url);
      if (handler === undefined) {
        await session.send('Fetch.continueRequest', { requestId });
        return;
      }
      const response = await handler(requestAs(url, request.method));
      await session.send('Fetch.fulfillRequest', {
        requestId,
        responseCode: response.status,
        responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
        body: Buffer.from(await response.arrayBuffer()).toString('base64'),
      });
    } catch (error) {
      process.stderr.write(`stand-in: ${url}: ${String(error)}\n`);
      await session.send('Fetch.failRequest', { requestId, errorReason: 'Failed' }).catch(() => undefined);
    }
  }

  /** What main itself loads is not asked about; what the page wants is. */
  private mayGo(url: string, servedUrl: string, frameId: string): boolean {
    const isMainFrame = this.frameId === undefined || frameId === this.frameId;
    if (isMainFrame && servedUrl === this.loading) {
      this.loading = undefined;
      return true;
    }
    let prevented = false;
    const event = {
      url,
      isMainFrame,
      preventDefault() {
        prevented = true;
      },
    };
    this.emit('will-frame-navigate', event);
    if (isMainFrame) this.emit('will-navigate', event, url);
    return !prevented;
  }
}

/** Node's Request takes any scheme in `url`, but makes an opaque one of it; the handler reads `url` and `method` only. */
function requestAs(url: string, method: string): Request {
  return new Request(url, { method });
}

/** The text of a call of a function that stands alone. */
function callText<Values extends readonly (string | boolean)[]>(
  run: (...values: Values) => unknown,
  ...values: Values
): string {
  return `(${run.toString()})(${values.map((value) => JSON.stringify(value)).join(', ')})`;
}

function inTopFrame(...statements: readonly string[]): string {
  return `if (window.top === window) { ${statements.map((statement) => `${statement};`).join('\n')} }`;
}
