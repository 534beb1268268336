import { parseArgs } from 'node:util';
import type { SupportedMessagePort } from '@orpc/client/message-port';
import { RPCHandler } from '@orpc/server/message-port';
import { z } from 'zod';
import { wordsOf } from '../../../shared/words-of.ts';
import { createBackend } from '../backend.ts';
import type { Backend } from '../backend.ts';
import { defaultLibraryDirectory } from '../base/library-directory.ts';
import { startPartsWith } from '../base/own-program.ts';
import { createPortKeychain } from './port-keychain.ts';

/**
 * The backend as Electron's utility process. Nothing of `electron` is imported: the process has a `parentPort` with
 * `on('message', ({ data, ports }))` and `postMessage`, as Electron's UtilityProcess gives it.
 *
 * Arguments: `--library DIR --otlp-port N --otlp-grpc-port N --version TEXT` (all optional), `--program WORD` once for each word of the
 * command that runs a part of Retake (shared/own-parts.ts) in Electron.
 * From main: `{type:'connect'}` with one MessagePort per window; `{type:'open', paths}` imports and shows; `{type:'navigate', hash}`;
 * `{type:'path', path}` is where the user's commands are (electron/main/login-path.ts); `{type:'rest'}` when its window is away; `{type:'close'}` finishes writing and exits with 0; answers of the keychain (shared/keychain-messages.ts). To main: its questions; `{type:'show'}` when the window shall come to the front; `{type:'ready'}`, or `{type:'failed', message}` before it exits with 1.
 */
const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('connect') }),
  z.object({ type: z.literal('open'), paths: z.array(z.string().max(4_096)).min(1).max(10_000) }),
  z.object({ type: z.literal('navigate'), hash: z.string().max(4_096) }),
  z.object({ type: z.literal('path'), path: z.string().min(1).max(100_000) }),
  z.object({ type: z.literal('rest') }),
  z.object({ type: z.literal('close') }),
]);

interface ParentPort {
  on(
    event: 'message',
    listener: (event: {
      readonly data: unknown;
      readonly ports: readonly (SupportedMessagePort & { start(): void })[];
    }) => void,
  ): void;
  postMessage(message: unknown): void;
}

const parentPort = readParentPort();
const keychain = createPortKeychain((message) => parentPort.postMessage(message));
// Messages can come while the library opens: the window's port is among the first.
let started: Promise<Backend> | undefined;

parentPort.on('message', ({ data, ports }) => {
  if (keychain.receive(data)) return;
  const message = messageSchema.safeParse(data);
  if (!message.success || !started) return;
  void started.then((backend) => handle(backend, message.data, ports)).catch(() => undefined);
});
started = start();
started.then(
  () => parentPort.postMessage({ type: 'ready' }),
  (error: unknown) => {
    parentPort.postMessage({ type: 'failed', message: wordsOf(error) });
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 100);
  },
);

async function start(): Promise<Backend> {
  const { values } = parseArgs({
    options: {
      library: { type: 'string' },
      'otlp-port': { type: 'string' },
      'otlp-grpc-port': { type: 'string' },
      version: { type: 'string' },
      program: { type: 'string', multiple: true },
    },
    strict: false,
  });
  const [program, ...words] = textsOf(values['program']);
  if (program !== undefined) startPartsWith([program, ...words]);
  const backend = await createBackend({
    libraryDirectory:
      typeof values['library'] === 'string'
        ? values['library']
        : defaultLibraryDirectory(process.env, process.platform),
    receive: true,
    otlpHttpPort: port(values['otlp-port'], 4318),
    otlpGrpcPort: port(values['otlp-grpc-port'], 4317),
    version: typeof values['version'] === 'string' ? values['version'] : 'unknown',
    keychain,
  });
  backend.shownBy(() => {
    parentPort.postMessage({ type: 'show' });
    return { by: 'window' };
  });
  return backend;
}

async function handle(
  backend: Backend,
  message: z.infer<typeof messageSchema>,
  ports: readonly (SupportedMessagePort & { start(): void })[],
): Promise<void> {
  switch (message.type) {
    case 'connect': {
      const handler = new RPCHandler(backend.router);
      for (const windowPort of ports) {
        handler.upgrade(windowPort);
        windowPort.start();
      }
      return;
    }
    case 'open':
      return backend.openPaths(message.paths);
    case 'navigate':
      return backend.navigate(message.hash);
    case 'path':
      // Agents are started with this process's environment.
      process.env['PATH'] = message.path;
      return;
    case 'rest':
      return backend.rest();
    case 'close': {
      await backend.close();
      process.exit(0);
    }
  }
}

function textsOf(values: unknown): readonly string[] {
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
}

function port(text: string | boolean | undefined, fallback: number): number {
  const value = typeof text === 'string' ? Number(text) : Number.NaN;
  return Number.isInteger(value) && value >= 0 && value <= 65_535 ? value : fallback;
}

function readParentPort(): ParentPort {
  const candidate: unknown = Reflect.get(process, 'parentPort');
  if (!isParentPort(candidate))
    throw new Error("utility.ts runs as the utility process of Retake's window; use `retake serve` elsewhere.");
  return candidate;
}

function isParentPort(value: unknown): value is ParentPort {
  return (
    typeof value === 'object' &&
    value !== null &&
    'on' in value &&
    typeof value.on === 'function' &&
    'postMessage' in value &&
    typeof value.postMessage === 'function'
  );
}
