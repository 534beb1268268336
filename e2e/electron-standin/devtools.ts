import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { CDPSession } from 'playwright';
import { z } from 'zod';

/** One target of the browser, typed as Playwright types its own sessions. */
export type DevToolsSession = Pick<CDPSession, 'send' | 'on'>;

export interface Chromium {
  readonly root: DevToolsSession;
  attach(targetId: string): Promise<DevToolsSession>;
  onExit(listener: () => void): void;
  /** Ends the browser and removes its profile. */
  close(): Promise<void>;
}

const messageSchema = z.object({
  id: z.number().optional(),
  sessionId: z.string().default(''),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

/** No name is resolved and nothing is fetched: the tests must not depend on a network, and must not tell it anything. */
const quietFlags = [
  '--headless',
  '--no-startup-window',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--disable-breakpad',
  '--metrics-recording-only',
  '--password-store=basic',
  '--use-mock-keychain',
  '--test-type',
  '--disable-popup-blocking',
  '--disable-back-forward-cache',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--disable-features=Translate,MediaRouter,OptimizationHints,HttpsUpgrades,PaintHolding,AutofillServerCommunication',
];

const closePatienceMs = 3_000;

/** @param debuggerPort also lets Playwright in, which learns of it from the line "DevTools listening on" */
export function startChromium(executable: string, debuggerPort: boolean): Chromium {
  const profile = mkdtempSync(join(tmpdir(), 'retake-standin-'));
  const flags = [
    ...quietFlags,
    `--user-data-dir=${profile}`,
    '--remote-debugging-pipe',
    ...(debuggerPort ? ['--remote-debugging-port=0'] : []),
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  const child = spawn(executable, flags, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stderr?.on('data', (data: Buffer) => {
    // The rest are complaints about a missing desktop bus and graphics card.
    for (const line of data.toString().split('\n'))
      if (line.startsWith('DevTools listening on')) process.stderr.write(`${line}\n`);
  });
  const session = connect(pipeOf(child, 3), pipeOf(child, 4));
  const root = session('');
  return {
    root,
    async attach(targetId) {
      const { sessionId } = await root.send('Target.attachToTarget', { targetId, flatten: true });
      return session(sessionId);
    },
    onExit: (listener) => void exited.then(listener),
    async close() {
      root.send('Browser.close').catch(() => undefined);
      const impatient = setTimeout(() => child.kill('SIGKILL'), closePatienceMs);
      await exited;
      clearTimeout(impatient);
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

function pipeOf(child: ChildProcess, index: number): Readable & Writable {
  const pipe = child.stdio[index];
  if (pipe === null || pipe === undefined) throw new Error('stand-in: Chromium has no debugging pipe');
  // An extra pipe is a socket that goes both ways; Node types it as either.
  return pipe as Readable & Writable;
}

/** Messages are JSON, each ended by a zero byte. */
function connect(output: Writable, input: Readable): (sessionId: string) => DevToolsSession {
  let nextId = 1;
  let rest: Buffer = Buffer.alloc(0);
  const pending = new Map<
    number,
    { readonly method: string; readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void }
  >();
  const listeners = new Map<string, ((params: unknown) => void)[]>();

  function receive(text: string): void {
    const message = messageSchema.parse(JSON.parse(text));
    if (message.id === undefined) {
      for (const listener of listeners.get(`${message.sessionId} ${message.method}`) ?? []) listener(message.params);
      return;
    }
    const call = pending.get(message.id);
    pending.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result);
    else call?.reject(new Error(`${call.method}: ${message.error.message}`));
  }

  input.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      const text = rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
      receive(text);
    }
  });
  // The browser went away: its exit is the news.
  input.on('error', () => undefined);
  output.on('error', () => undefined);

  return (sessionId) => {
    const session = {
      send(method: string, params: object = {}): Promise<unknown> {
        const id = nextId;
        nextId += 1;
        output.write(`${JSON.stringify({ id, method, params, ...(sessionId === '' ? {} : { sessionId }) })}\0`);
        return new Promise((resolve, reject) => pending.set(id, { method, resolve, reject }));
      },
      on(event: string, listener: (params: unknown) => void): unknown {
        const key = `${sessionId} ${event}`;
        listeners.set(key, [...(listeners.get(key) ?? []), listener]);
        return session;
      },
    };
    return session as DevToolsSession;
  };
}
