import type { FoundKey, KeychainState } from '../../../shared/model/provider-keys.ts';
import { allProviders, keyVariablesOf } from '../../../shared/model/provider-keys.ts';
import type { ModelProvider } from '../../../shared/model/take.ts';
import { Refused } from '../base/faults.ts';

/** The system's keychain, as a host of the backend reaches it. Every call may reject with Refused. */
export interface Keychain {
  state(): Promise<KeychainState>;
  providerIds(): Promise<readonly string[]>;
  read(providerId: string): Promise<string | undefined>;
  set(providerId: string, key: string): Promise<void>;
  remove(providerId: string): Promise<void>;
}

/** Keys of model providers. They are read when a call needs one, and are kept in no file, log or answer. */
export interface ProviderKeys {
  /** The provider's key: from the environment, else from the keychain; undefined: there is none. Rejects with Refused where one is kept and cannot be read. */
  key(providerId: string): Promise<string | undefined>;
  /** Rejects with Refused, naming the variable to set instead, where no key can be kept. */
  set(providerId: string, key: string): Promise<void>;
  remove(providerId: string): Promise<void>;
  list(): Promise<readonly FoundKey[]>;
  keychain(): Promise<KeychainState>;
}

export interface ProviderKeysOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of the user's settings, as they are now. */
  readonly providers: () => readonly ModelProvider[];
  /** Absent without the desktop app: `retake serve` and the command line. */
  readonly keychain: Keychain | undefined;
}

export const noKeychain =
  'Only the desktop app reaches the system’s keychain; this Retake was started in a terminal and keeps no keys.';

export function createProviderKeys({ environment, providers, keychain }: ProviderKeysOptions): ProviderKeys {
  const find = (providerId: string): ModelProvider | undefined =>
    allProviders(providers()).find(({ id }) => id === providerId);
  const variableOf = (provider: ModelProvider): string | undefined =>
    keyVariablesOf(provider).find((name) => (environment[name] ?? '') !== '');
  const state = (): Promise<KeychainState> =>
    keychain?.state() ?? Promise.resolve({ available: false, reason: noKeychain });

  return {
    async key(providerId) {
      const provider = find(providerId);
      const variable = provider && variableOf(provider);
      if (variable !== undefined) return environment[variable];
      return keychain === undefined || !(await keychain.state()).available ? undefined : keychain.read(providerId);
    },
    async set(providerId, key) {
      const provider = find(providerId);
      if (!provider)
        throw new Refused(`There is no provider “${providerId}” in the settings. Add it first, then its key.`);
      const now = await state();
      if (keychain === undefined || !now.available) {
        const [variable] = keyVariablesOf(provider);
        const advice = variable === undefined ? 'Name a variable with the provider and set it' : `Set ${variable}`;
        throw new Refused(
          `${now.available ? noKeychain : now.reason} ${advice} in the environment that Retake is started from.`,
        );
      }
      await keychain.set(providerId, key);
    },
    async remove(providerId) {
      await keychain?.remove(providerId);
    },
    async list() {
      const inEnvironment = allProviders(providers()).flatMap((provider): readonly FoundKey[] => {
        const variable = variableOf(provider);
        return variable === undefined ? [] : [{ providerId: provider.id, source: 'environment', variable }];
      });
      const kept = (await keychain?.providerIds()) ?? [];
      return [...inEnvironment, ...kept.map((providerId): FoundKey => ({ providerId, source: 'keychain' }))];
    },
    keychain: state,
  };
}
