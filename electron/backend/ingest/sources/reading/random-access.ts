import type { FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A file that is read at any place. */
export interface RandomAccess {
  readonly size: number;
  /** Fewer bytes than asked for only at the end. */
  read(position: number, length: number): Promise<Buffer>;
}

const chunkBytes = 1024 * 1024;

export const ofBuffer = (buffer: Buffer): RandomAccess => ({
  size: buffer.length,
  async read(position, length) {
    // Live requests get their turn between two reads.
    await nextTurn();
    return buffer.subarray(position, position + length);
  },
});

export const ofFile = (file: FileHandle, size: number): RandomAccess => ({
  size,
  async read(position, length) {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - position)));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  },
});

/** A part of the file in chunks; ends early where the file does. */
export async function* chunksOf(file: RandomAccess, position: number, length: number): AsyncGenerator<Buffer> {
  for (let passed = 0; passed < length;) {
    const chunk = await file.read(position + passed, Math.min(chunkBytes, length - passed));
    if (chunk.length === 0) return;
    passed += chunk.length;
    yield chunk;
  }
}
