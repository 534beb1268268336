import type { MessagePortMain, UtilityProcess } from 'electron';
import { keychainQuestionSchema } from '../../shared/keychain-messages.ts';
import type { KeychainAnswer, KeychainAsk } from '../../shared/keychain-messages.ts';
import type { BackendFailure } from './failures.ts';
import type { Log } from './log.ts';

/**
 * The backend as a process of its own: started, started again when it dies, ended in a way that lets it finish writing.
 * What it understands is described in electron/backend/hosts/utility.ts.
 */
export interface BackendProcess {
  /** Hands a window's port over. False when the backend is not running: `onStart` comes when it is again. */
  connect(port: MessagePortMain): boolean;
  /** Imports files and folders and shows them. Kept until the backend runs. */
  open(paths: readonly string[]): void;
  /** Shows a place (a hash of shared/location.ts) in the window. Kept until the backend runs. */
  navigate(hash: string): void;
  /** Commands of the user are looked for there from now on, and after a restart. */
  usePath(path: string): void;
  /** Nobody looks: it gives back the memory that only windows need. */
  rest(): void;
  /** Starts again after `onFailure`, with a clean count. */
  restart(): void;
  /** Resolves when the process is gone: by itself after its last write, or killed when that takes too long. */
  close(): Promise<void>;
}

export interface BackendProcessOptions {
  /** Starts the process; called again after each death. */
  readonly fork: () => UtilityProcess;
  /** What the backend asks of the system's keychain. Never rejects. */
  readonly askKeychain: (ask: KeychainAsk) => Promise<KeychainAnswer>;
  /** It ended without being asked to: the ports that windows have lead nowhere. */
  readonly onLost: () => void;
  /** It was started (again): windows need new ports. */
  readonly onStart: () => void;
  /** Somebody asked it to be seen: the command line, or a second start without Electron. */
  readonly onShow: () => void;
  /** It stays down. */
  readonly onFailure: (failure: BackendFailure) => void;
  /** Gets what it prints, and how it ended. */
  readonly log: Log;
}

const maximumDeathsPerMinute = 3;
/** A write-ahead log of a busy import is folded into the library in well under this. */
const closePatienceMs = 8_000;

export function startBackendProcess(options: BackendProcessOptions): BackendProcess {
  let child: UtilityProcess | undefined;
  let closing = false;
  let failure: string | undefined;
  let deathsMs: number[] = [];
  let waiting: unknown[] = [];
  let commandsAt: unknown;

  function start(): void {
    const started = options.fork();
    child = started;
    started.on('message', (message: unknown) => {
      failure = failureText(message) ?? failure;
      if (isShow(message)) options.onShow();
      const question = keychainQuestionSchema.safeParse(message);
      if (!question.success) return;
      void options.askKeychain(question.data.ask).then((answer) => {
        // A process that died meanwhile gets nothing, nor does its successor.
        if (child === started)
          started.postMessage({ type: 'keychain-answer', question: question.data.question, answer });
      });
    });
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (text: Buffer) => {
        process.stderr.write(text);
        options.log.write(text.toString('utf8'));
      });
    started.once('exit', (code) => {
      if (child === started) child = undefined;
      options.log.write(`the backend ended with code ${code}${closing ? ', as it was asked to' : ''}`);
      if (closing) return;
      options.onLost();
      onDeath(code);
    });
    if (commandsAt !== undefined) started.postMessage(commandsAt);
    for (const message of waiting.splice(0)) started.postMessage(message);
    options.onStart();
  }

  function onDeath(code: number): void {
    const nowMs = Date.now();
    deathsMs = [...deathsMs.filter((atMs) => nowMs - atMs < 60_000), nowMs];
    if (failure !== undefined) options.onFailure({ kind: 'refused', reason: failure });
    else if (deathsMs.length > maximumDeathsPerMinute)
      options.onFailure({
        kind: 'died',
        reason: `It ended ${deathsMs.length} times within a minute, last with code ${code}. Nothing that was stored is lost.`,
      });
    else start();
  }

  function post(message: unknown): void {
    if (child === undefined) waiting.push(message);
    else child.postMessage(message);
  }

  start();
  return {
    connect(port) {
      if (child === undefined) return false;
      child.postMessage({ type: 'connect' }, [port]);
      return true;
    },
    open: (paths) => post({ type: 'open', paths }),
    navigate: (hash) => post({ type: 'navigate', hash }),
    usePath(path) {
      commandsAt = { type: 'path', path };
      child?.postMessage(commandsAt);
    },
    rest: () => child?.postMessage({ type: 'rest' }),
    restart() {
      if (child !== undefined) return;
      failure = undefined;
      deathsMs = [];
      start();
    },
    async close() {
      closing = true;
      waiting = [];
      const ending = child;
      if (ending === undefined) return;
      await new Promise<void>((resolve) => {
        const impatient = setTimeout(() => ending.kill(), closePatienceMs);
        ending.once('exit', () => {
          clearTimeout(impatient);
          resolve();
        });
        ending.postMessage({ type: 'close' });
      });
    },
  };
}

function isShow(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'show';
}

function failureText(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'failed')
    return undefined;
  return 'message' in message && typeof message.message === 'string' ? message.message : 'The backend cannot start.';
}

/** They change what Electron or Node itself does with a program, and are for this process alone. */
const keptBack = /^(?:ELECTRON_.*|NODE_OPTIONS)$/i;

/** What the backend gets of the environment. The user's agents are started from it, so they find what they would in a terminal: virtual environments, proxies, keys. */
export function backendEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !keptBack.test(entry[0]),
    ),
  );
}
