import { hash } from 'node:crypto';

/** By which a resource or a scope is known again. Both can have the same bytes: the digest tells them apart. */
export function envelopeDigest(what: 'resource' | 'scope', bytes: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(what), bytes]), 'buffer').subarray(0, 16);
}
