/**
 * Functions whose text is run inside the page: each stands alone and knows nothing of this module.
 * `bridgeEnd` and `windowOpen` run in the page's own world before its scripts; `bridgeEnd` and `isolatedWorld` run in a world of
 * their own (DevTools worldName), as Electron runs a preload under context isolation.
 */

export interface BridgeEnd {
  expose(key: string, value: unknown): void;
}

/** One side of the context bridge. Values cross between the worlds as clones, functions and promises as references. */
export function bridgeEnd(name: string, isIsolated: boolean): BridgeEnd {
  type Packed =
    | { readonly kind: 'function' | 'promise'; readonly id: number }
    | { readonly kind: 'list'; readonly items: readonly Packed[] }
    | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Packed])[] }
    | { readonly kind: 'value'; readonly value: unknown };
  type Letter =
    | { readonly type: 'expose'; readonly key: string; readonly value: Packed }
    | { readonly type: 'call'; readonly id: number; readonly values: readonly Packed[] }
    | { readonly type: 'answer'; readonly result: Packed | undefined; readonly error: unknown }
    | { readonly type: 'settled'; readonly id: number; readonly result: Packed | undefined; readonly error: unknown };
  const inbox = name + (isIsolated ? '-isolated' : '-page');
  const outbox = name + (isIsolated ? '-page' : '-isolated');
  const functions: ((...values: unknown[]) => unknown)[] = [];
  const settlers = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  const proxies = new Map<number, unknown>();
  let promises = 0;
  let answer: Extract<Letter, { type: 'answer' }> | undefined;

  const send = (letter: Letter): unknown => window.dispatchEvent(new CustomEvent(outbox, { detail: letter }));

  function isFunction(value: unknown): value is (...values: unknown[]) => unknown {
    return typeof value === 'function';
  }

  function pack(value: unknown): Packed {
    if (isFunction(value)) {
      const known = functions.indexOf(value);
      return { kind: 'function', id: known >= 0 ? known : functions.push(value) - 1 };
    }
    if (value instanceof Promise) {
      promises += 1;
      const id = promises;
      value.then(
        (result) => send({ type: 'settled', id, result: pack(result), error: undefined }),
        (error: unknown) => send({ type: 'settled', id, result: undefined, error }),
      );
      return { kind: 'promise', id };
    }
    if (Array.isArray(value)) return { kind: 'list', items: value.map(pack) };
    if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
      return { kind: 'object', entries: Object.entries(value).map(([key, item]) => [key, pack(item)] as const) };
    return { kind: 'value', value };
  }

  function unpack(packed: Packed): unknown {
    switch (packed.kind) {
      case 'value':
        return packed.value;
      case 'list':
        return Object.freeze(packed.items.map(unpack));
      case 'object':
        return Object.freeze(Object.fromEntries(packed.entries.map(([key, item]) => [key, unpack(item)])));
      case 'promise':
        return new Promise((resolve, reject) => settlers.set(packed.id, { resolve, reject }));
      case 'function': {
        const known = proxies.get(packed.id);
        if (known !== undefined) return known;
        const proxy = (...values: unknown[]): unknown => {
          send({ type: 'call', id: packed.id, values: values.map(pack) });
          const given = answer;
          answer = undefined;
          if (given?.result === undefined)
            throw given?.error ?? new Error('stand-in: the other side of the context bridge is gone');
          return unpack(given.result);
        };
        proxies.set(packed.id, proxy);
        return proxy;
      }
    }
  }

  function call(letter: Extract<Letter, { type: 'call' }>): Letter {
    try {
      return { type: 'answer', result: pack(functions[letter.id]?.(...letter.values.map(unpack))), error: undefined };
    } catch (error) {
      return { type: 'answer', result: undefined, error };
    }
  }

  window.addEventListener(
    inbox,
    (event) => {
      event.stopImmediatePropagation();
      if (!(event instanceof CustomEvent)) return;
      const letter: Letter = event.detail;
      switch (letter.type) {
        case 'expose':
          Object.defineProperty(window, letter.key, { value: unpack(letter.value), enumerable: true });
          return;
        case 'call':
          send(call(letter));
          return;
        case 'answer':
          answer = letter;
          return;
        case 'settled': {
          const settler = settlers.get(letter.id);
          settlers.delete(letter.id);
          if (letter.result === undefined) settler?.reject(letter.error);
          else settler?.resolve(unpack(letter.result));
        }
      }
    },
    true,
  );
  return { expose: (key, value) => send({ type: 'expose', key, value: pack(value) }) };
}

/** `window.open` and links with a target ask main first, so that a window that is denied never exists. */
export function windowOpen(name: string): void {
  const ask = (url: string): void => {
    window.dispatchEvent(new CustomEvent(`${name}-open`, { detail: new URL(url, document.baseURI).href }));
  };
  window.open = (url = 'about:blank') => {
    ask(String(url));
    // Main may only deny: allowing is not implemented, and throws there.
    return null;
  };
  window.addEventListener('click', (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!(link instanceof HTMLAnchorElement) || link.target === '' || link.target === '_self' || event.defaultPrevented)
      return;
    event.preventDefault();
    ask(link.href);
  });
}

/**
 * What a sandboxed preload can reach: `require('electron')` with ipcRenderer, contextBridge and webUtils, and a bare `process`.
 * @param stop stops the page until main has answered: the debugger is the only way in for a synchronous question
 */
export function isolatedWorld(
  name: string,
  platform: string,
  bridge: BridgeEnd,
  stop: () => void,
): { readonly require: (module: string) => unknown; readonly process: object } {
  type FromMain =
    | {
        readonly type: 'send';
        readonly channel: string;
        readonly values: readonly unknown[];
        readonly ports: readonly number[];
      }
    | { readonly type: 'result'; readonly id: number; readonly value?: unknown; readonly error?: string }
    | { readonly type: 'port'; readonly portId: number; readonly json: string }
    | { readonly type: 'port-closed'; readonly portId: number };
  const world: Record<string, unknown> = globalThis as unknown as Record<string, unknown>;
  const binding = world[`${name}-to-main`] as (text: string) => void;
  let outgoing: object[] = [];
  const listeners = new Map<string, ((event: object, ...values: unknown[]) => void)[]>();
  const invocations = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const ports = new Map<number, MessagePort>();
  let nextInvocation = 1;

  const post = (message: object): void => {
    if (outgoing.push(message) > 1) return;
    queueMicrotask(() => {
      const batch = outgoing;
      outgoing = [];
      binding(JSON.stringify(batch));
    });
  };

  /** Asks main and waits: the debugger stops here, reads the question, writes the answer and lets it go on. */
  const askMain = (question: { readonly type: 'path' | 'open'; readonly subject: unknown }): unknown => {
    world[`${name}-question`] = question;
    stop();
    const given = world[`${name}-answer`];
    delete world[`${name}-question`];
    delete world[`${name}-answer`];
    return given;
  };

  const openPort = (portId: number): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    ports.set(portId, port2);
    port2.addEventListener('message', (event) => {
      if (event.ports.length > 0 || typeof event.data !== 'string')
        throw new TypeError('stand-in: only text is passed from a page over a port');
      post({ type: 'port', portId, text: event.data });
    });
    port2.addEventListener('close', () => post({ type: 'port-closed', portId }));
    port2.start();
    return port1;
  };

  const receive = (message: FromMain): void => {
    switch (message.type) {
      case 'send': {
        const event = { ports: message.ports.map(openPort) };
        for (const listener of listeners.get(message.channel) ?? []) listener(event, ...message.values);
        return;
      }
      case 'result': {
        const invocation = invocations.get(message.id);
        invocations.delete(message.id);
        if (message.error === undefined) invocation?.resolve(message.value);
        else invocation?.reject(new Error(message.error));
        return;
      }
      case 'port':
        ports.get(message.portId)?.postMessage((JSON.parse(message.json) as { value: unknown }).value);
        return;
      case 'port-closed': {
        ports.get(message.portId)?.close();
        ports.delete(message.portId);
      }
    }
  };
  world[`${name}-from-main`] = (text: string): void => {
    for (const message of JSON.parse(text) as FromMain[]) receive(message);
  };
  window.addEventListener(
    `${name}-open`,
    (event) => {
      event.stopImmediatePropagation();
      if (event instanceof CustomEvent) askMain({ type: 'open', subject: event.detail });
    },
    true,
  );

  const strictly = <T extends object>(what: string, members: T): T =>
    new Proxy(members, {
      get(object, key) {
        if (typeof key === 'string' && !(key in object)) throw new Error(`stand-in: ${what}.${key} is not implemented`);
        return Reflect.get(object, key) as unknown;
      },
    });
  const ipcRenderer = {
    send: (channel: string, ...values: unknown[]): void => post({ type: 'send', channel, values }),
    invoke: (channel: string, ...values: unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const id = nextInvocation;
        nextInvocation += 1;
        invocations.set(id, { resolve, reject });
        post({ type: 'invoke', id, channel, values });
      }),
    on(channel: string, listener: (event: object, ...values: unknown[]) => void): unknown {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      return ipcRenderer;
    },
    off(channel: string, listener: (event: object, ...values: unknown[]) => void): unknown {
      listeners.set(
        channel,
        (listeners.get(channel) ?? []).filter((one) => one !== listener),
      );
      return ipcRenderer;
    },
  };
  const electron = strictly('electron', {
    ipcRenderer: strictly('ipcRenderer', ipcRenderer),
    contextBridge: strictly('contextBridge', {
      exposeInMainWorld(key: string, value: unknown) {
        bridge.expose(key, value);
      },
    }),
    webUtils: strictly('webUtils', {
      getPathForFile(file: unknown): string {
        if (!(file instanceof File)) throw new TypeError('getPathForFile expects a File');
        const path = askMain({ type: 'path', subject: file });
        return typeof path === 'string' ? path : '';
      },
    }),
  });
  return {
    require(module) {
      if (module !== 'electron') throw new Error(`module not found: ${module}`);
      return electron;
    },
    process: strictly('process', { platform, type: 'renderer', sandboxed: true, contextIsolated: true }),
  };
}
