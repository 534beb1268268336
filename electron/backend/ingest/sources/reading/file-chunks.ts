import type { FileHandle } from 'node:fs/promises';

/** As long as the window that a reader of JSON lines makes of it (otlp-json.ts): nothing has to be put together. */
const chunkBytes = 4 * 1024 * 1024;
/** Longer than most spans: what a window left unread is put before the next chunk, where it was read. */
const roomBytes = 1024 * 1024;
/** Whether a file has grown is asked with little memory. */
const beyondEndBytes = 64 * 1024;

const rooms = new WeakMap<Buffer, number>();

/** A file from its beginning to where it ends now. Each chunk is in memory of its own, with room before it for `putBefore`. */
export async function* fileChunks(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  const room = size > chunkBytes ? roomBytes : 0;
  for (let position = 0; ;) {
    const length = Math.min(chunkBytes, size > position ? size - position : beyondEndBytes);
    const memory = Buffer.allocUnsafeSlow(room + length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(memory, room + filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    if (filled === 0) return;
    position += filled;
    const chunk = memory.subarray(room, room + filled);
    rooms.set(chunk, room);
    yield chunk;
  }
}

/**
 * The chunk with these bytes before it, without copying the chunk; undefined where there is no room for them. It can be done once: the room is
 * taken then.
 */
export function putBefore(chunk: Buffer, bytes: Buffer): Buffer | undefined {
  if ((rooms.get(chunk) ?? 0) < bytes.length) return undefined;
  rooms.delete(chunk);
  const whole = Buffer.from(chunk.buffer, chunk.byteOffset - bytes.length, bytes.length + chunk.length);
  whole.set(bytes);
  return whole;
}
