import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SafeStorage } from 'electron';
import { z } from 'zod';
import type { KeychainAnswer, KeychainAsk } from '../../shared/keychain-messages.ts';
import { assertNever } from '../../shared/model/assert-never.ts';
import { providerKeySchema } from '../../shared/model/provider-keys.ts';
import type { KeychainState } from '../../shared/model/provider-keys.ts';

/** Keys of model providers, encrypted by the system's keychain. Answers what the backend asks; never rejects. */
export interface KeyStore {
  answer(ask: KeychainAsk): Promise<KeychainAnswer>;
}

export interface KeyStoreOptions {
  /** Holds ciphertext only, readable by its owner. Outside of the library: a library is copied and shared. */
  readonly path: string;
  readonly safeStorage: Pick<
    SafeStorage,
    'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
  >;
  readonly platform: NodeJS.Platform;
}

const fileSchema = z.object({
  version: z.literal(1),
  keys: z.array(z.object({ providerId: z.string().min(1).max(100), encrypted: z.base64() })).max(1_000),
});
type KeyFile = z.infer<typeof fileSchema>;

export function createKeyStore({ path, safeStorage, platform }: KeyStoreOptions): KeyStore {
  /** One after the other: each reads the file that the one before it wrote. */
  let last: Promise<unknown> = Promise.resolve();

  async function state(): Promise<KeychainState> {
    // Without a keyring Chromium "encrypts" with a password that everybody knows.
    if (platform === 'linux' && ['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend())) {
      return {
        available: false,
        reason: 'This system has no keyring that Retake can use (GNOME Keyring, KWallet), so it keeps no keys.',
      };
    }
    return (await safeStorage.isAsyncEncryptionAvailable())
      ? { available: true }
      : { available: false, reason: 'The system’s keychain is locked or not available, so Retake keeps no keys.' };
  }

  async function readKeys(): Promise<KeyFile['keys']> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw new KeysRefused(`The file of saved keys, ${path}, cannot be read.`);
    }
    const read = fileSchema.safeParse(parsed(text));
    if (!read.success)
      throw new KeysRefused(
        `The file of saved keys, ${path}, is damaged. Move it away and save the keys again; nothing was changed.`,
      );
    return read.data.keys;
  }

  async function writeKeys(keys: KeyFile['keys']): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (keys.length === 0) return rm(path, { force: true });
    const file: KeyFile = { version: 1, keys };
    // A crash between the two leaves the old file whole.
    await rm(`${path}.new`, { force: true });
    await writeFile(`${path}.new`, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async function keep(providerId: string, key: string): Promise<void> {
    const encrypted = (await safeStorage.encryptStringAsync(key)).toString('base64');
    await writeKeys([...(await readKeys()).filter((one) => one.providerId !== providerId), { providerId, encrypted }]);
  }

  async function read(providerId: string): Promise<string | undefined> {
    const kept = (await readKeys()).find((one) => one.providerId === providerId);
    if (!kept) return undefined;
    const decrypted = await safeStorage
      .decryptStringAsync(Buffer.from(kept.encrypted, 'base64'))
      .catch(() => undefined);
    const key = providerKeySchema.safeParse(decrypted?.result);
    if (!decrypted || !key.success)
      throw new KeysRefused(
        `The saved key of ${providerId} cannot be decrypted: the system’s keychain is locked or was reset. Unlock it, or save the key again in the settings.`,
      );
    if (decrypted.shouldReEncrypt) await keep(providerId, key.data);
    return key.data;
  }

  async function decide(ask: KeychainAsk): Promise<KeychainAnswer> {
    switch (ask.action) {
      case 'state':
        return { to: 'state', state: await state() };
      case 'list':
        return { to: 'list', providerIds: (await readKeys()).map(({ providerId }) => providerId) };
      case 'remove': {
        await writeKeys((await readKeys()).filter(({ providerId }) => providerId !== ask.providerId));
        return { to: 'done' };
      }
      case 'read':
      case 'set': {
        const now = await state();
        if (!now.available) return { to: 'refused', reason: now.reason };
        if (ask.action === 'set') {
          await keep(ask.providerId, ask.key);
          return { to: 'done' };
        }
        const key = await read(ask.providerId);
        return { to: 'read', ...(key === undefined ? {} : { key }) };
      }
      default:
        return assertNever(ask, 'question');
    }
  }

  return {
    answer(ask) {
      const answered = last
        .then(() => decide(ask))
        .catch((error: unknown): KeychainAnswer => ({ to: 'refused', reason: refusal(error) }));
      last = answered;
      return answered;
    },
  };
}

/** Its message is for the user. */
class KeysRefused extends Error {
  override readonly name = 'KeysRefused';
}

/** Messages of the system are not passed on: nothing says what is in them. Only a file's error code is known to be harmless. */
function refusal(error: unknown): string {
  if (error instanceof KeysRefused) return error.message;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `The system’s keychain refused${code}. Unlock it and try again; nothing was changed.`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
