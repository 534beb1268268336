/** A protobuf varint at a place in a buffer, and where the next field begins; undefined when the buffer ends in it, or it is none. */
export function varintAt(buffer: Buffer, at: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  let scale = 1;
  for (let next = at; next < buffer.length && next < at + 10; next++) {
    const byte = buffer[next] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: next + 1 };
    scale *= 128;
  }
  return undefined;
}
