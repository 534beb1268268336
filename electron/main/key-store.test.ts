import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKeyStore } from './key-store.ts';
import type { KeyStoreOptions } from './key-store.ts';

const key = 'sk-kept-by-the-keychain-0123456789';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retake-keys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A keychain of a system: it turns every byte over, and may be locked, absent or have its key changed. */
function keychain({
  backend = 'gnome_libsecret',
  open = true,
  secret = 0xff,
  rotated = false,
}: {
  backend?: 'gnome_libsecret' | 'basic_text';
  open?: boolean;
  secret?: number;
  rotated?: boolean;
} = {}): KeyStoreOptions['safeStorage'] {
  return {
    getSelectedStorageBackend: () => backend,
    isAsyncEncryptionAvailable: () => Promise.resolve(open),
    encryptStringAsync: (text) => Promise.resolve(Buffer.from(text).map((byte) => byte ^ secret) as Buffer),
    decryptStringAsync: (bytes) =>
      Promise.resolve({
        result: Buffer.from(bytes.map((byte) => byte ^ secret)).toString('latin1'),
        shouldReEncrypt: rotated,
      }),
  };
}

const store = (safeStorage = keychain(), platform: NodeJS.Platform = 'linux') =>
  createKeyStore({ path: join(folder, 'app/keys.json'), safeStorage, platform });

test('a key is kept as ciphertext in a file of its owner, given back, replaced and removed', async () => {
  const keys = store();
  expect(await keys.answer({ action: 'state' })).toEqual({ to: 'state', state: { available: true } });
  expect(await keys.answer({ action: 'read', providerId: 'openai' })).toEqual({ to: 'read' });
  const answers = await Promise.all([
    keys.answer({ action: 'set', providerId: 'openai', key: 'sk-an-older-key' }),
    keys.answer({ action: 'set', providerId: 'mine', key }),
    keys.answer({ action: 'set', providerId: 'openai', key }),
  ]);
  expect(answers).toEqual([{ to: 'done' }, { to: 'done' }, { to: 'done' }]);
  const path = join(folder, 'app/keys.json');
  const text = await readFile(path, 'utf8');
  expect([text.includes(key), text.includes(Buffer.from(key).toString('base64'))]).toEqual([false, false]);
  if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);

  const again = store();
  expect(await again.answer({ action: 'list' })).toEqual({ to: 'list', providerIds: ['mine', 'openai'] });
  expect(await again.answer({ action: 'read', providerId: 'openai' })).toEqual({ to: 'read', key });
  await again.answer({ action: 'remove', providerId: 'openai' });
  expect(await again.answer({ action: 'list' })).toEqual({ to: 'list', providerIds: ['mine'] });
  await again.answer({ action: 'remove', providerId: 'mine' });
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});

test('without a keyring, or with a locked one, nothing is written', async () => {
  for (const [safeStorage, reason] of [
    [keychain({ backend: 'basic_text' }), 'no keyring'],
    [keychain({ open: false }), 'locked'],
  ] as const) {
    const keys = store(safeStorage);
    expect(await keys.answer({ action: 'state' })).toMatchObject({
      state: { available: false, reason: expect.stringContaining(reason) },
    });
    expect(await keys.answer({ action: 'set', providerId: 'openai', key })).toMatchObject({
      to: 'refused',
      reason: expect.stringContaining(reason),
    });
    await expect(readFile(join(folder, 'app/keys.json'))).rejects.toThrow('ENOENT');
  }
  // The name of a keyring means something on Linux only.
  expect(await store(keychain({ backend: 'basic_text' }), 'darwin').answer({ action: 'state' })).toMatchObject({
    state: { available: true },
  });
});

test('a key that the keychain no longer reads is said to be so, without a byte of it', async () => {
  await store().answer({ action: 'set', providerId: 'openai', key });
  const answer = await store(keychain({ secret: 0x7f })).answer({ action: 'read', providerId: 'openai' });
  expect(answer).toMatchObject({ to: 'refused', reason: expect.stringContaining('save the key again') });
  const failing = store({
    ...keychain(),
    encryptStringAsync: () => Promise.reject(new Error(`cannot encrypt ${key}`)),
  });
  const refused = await failing.answer({ action: 'set', providerId: 'openai', key });
  expect([refused.to, JSON.stringify(refused).includes(key)]).toEqual(['refused', false]);
  expect(await store().answer({ action: 'read', providerId: 'openai' })).toEqual({ to: 'read', key });
});

test('what a changed system key asks for is done: the key is encrypted again', async () => {
  await store().answer({ action: 'set', providerId: 'openai', key });
  let encrypted = 0;
  const rotated = keychain({ rotated: true });
  const keys = store({
    ...rotated,
    encryptStringAsync: (text) => {
      encrypted += 1;
      return rotated.encryptStringAsync(text);
    },
  });
  expect(await keys.answer({ action: 'read', providerId: 'openai' })).toEqual({ to: 'read', key });
  expect(encrypted).toBe(1);
});

test('a damaged file is refused and left as it is', async () => {
  const keys = store();
  await keys.answer({ action: 'set', providerId: 'openai', key });
  const path = join(folder, 'app/keys.json');
  await writeFile(path, '{"version":1,"keys":[{"providerId":"openai"}]}');
  expect(await keys.answer({ action: 'set', providerId: 'mine', key })).toMatchObject({
    to: 'refused',
    reason: expect.stringContaining(path),
  });
  expect(await readFile(path, 'utf8')).toBe('{"version":1,"keys":[{"providerId":"openai"}]}');
});
