import type { KeychainAnswer, KeychainAsk } from '../../../shared/keychain-messages.ts';
import { keychainAnswerSchema } from '../../../shared/keychain-messages.ts';
import { Refused } from '../base/faults.ts';
import type { Keychain } from '../keys/provider-keys.ts';

/** Long enough for a person to unlock the keychain when the system asks for it. */
const patienceMs = 120_000;

export interface PortKeychain extends Keychain {
  /** Every message from main; true when it was an answer of the keychain. */
  receive(message: unknown): boolean;
}

/** The keychain through main, which alone may reach it. `post` sends to main. */
export function createPortKeychain(post: (message: unknown) => void): PortKeychain {
  const waiting = new Map<number, (answer: KeychainAnswer) => void>();
  let last = 0;

  async function ask(question: KeychainAsk): Promise<KeychainAnswer> {
    last += 1;
    const number = last;
    const { promise, resolve } = Promise.withResolvers<KeychainAnswer>();
    const impatient = setTimeout(
      () => resolve({ to: 'refused', reason: 'The system’s keychain did not answer. Unlock it and try again.' }),
      patienceMs,
    );
    waiting.set(number, resolve);
    post({ type: 'keychain', question: number, ask: question });
    try {
      const answer = await promise;
      if (answer.to === 'refused') throw new Refused(answer.reason);
      return answer;
    } finally {
      clearTimeout(impatient);
      waiting.delete(number);
    }
  }

  return {
    receive(message) {
      const read = keychainAnswerSchema.safeParse(message);
      if (read.success) waiting.get(read.data.question)?.(read.data.answer);
      return read.success;
    },
    async state() {
      const answer = await ask({ action: 'state' });
      return answer.to === 'state'
        ? answer.state
        : { available: false, reason: 'The system’s keychain gave no answer that fits.' };
    },
    async providerIds() {
      const answer = await ask({ action: 'list' });
      return answer.to === 'list' ? answer.providerIds : [];
    },
    async read(providerId) {
      const answer = await ask({ action: 'read', providerId });
      return answer.to === 'read' ? answer.key : undefined;
    },
    async set(providerId, key) {
      await ask({ action: 'set', providerId, key });
    },
    async remove(providerId) {
      await ask({ action: 'remove', providerId });
    },
  };
}
