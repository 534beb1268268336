const given = new WeakSet<ArrayBufferLike>();

/**
 * Marks bytes as given away: the next message that carries them as an argument or result moves the memory
 * to the other thread. Bytes that share their memory with others (a slice of a pool) are copied first.
 */
export function giveAway(bytes: Uint8Array): Uint8Array {
  const alone = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  const owned = alone ? new Uint8Array(bytes.buffer, 0, bytes.byteLength) : Uint8Array.from(bytes);
  given.add(owned.buffer);
  return owned;
}

export const isGivenAway = (memory: ArrayBufferLike): boolean => given.has(memory);
