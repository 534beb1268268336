/**
 * Protobuf wire format, reader and writer: https://protobuf.dev/programming-guides/encoding.
 * Written here because values must stay where they are: a lazy reader that skips by length decodes OTLP ten times
 * faster than generated decoders, which copy every string (FACTS.md, Storage figures), and needs no `new Function`.
 */

/** The bytes are not a protobuf message of the expected form. `offset` counts from the start of the buffer read. */
export class MalformedProtobuf extends Error {
  override readonly name = 'MalformedProtobuf';
  readonly offset: number;
  constructor(what: string, offset: number) {
    super(`${what} at byte ${offset}`);
    this.offset = offset;
  }
}

export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireBytes = 2;
export const wireFixed32 = 5;

const twoTo32 = 4_294_967_296;

/**
 * Reads fields one after the other and never outside [position, end). Every read advances, so that a loop
 * `while (reader.more()) switch (reader.tag())` ends on any input; anything else throws MalformedProtobuf.
 */
export class ProtobufReader {
  readonly buffer: Buffer;
  position: number;
  end: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    if (start < 0 || end > buffer.length || start > end)
      throw new RangeError(`range ${start}-${end} is outside the buffer`);
    this.buffer = buffer;
    this.position = start;
    this.end = end;
  }

  more(): boolean {
    return this.position < this.end;
  }

  /** The next field's `number << 3 | wire type`. */
  tag(): number {
    const at = this.position;
    const tag = this.unsigned();
    if (tag < 8 || tag >= twoTo32) throw new MalformedProtobuf('invalid field number', at);
    return tag;
  }

  /** A varint as an unsigned number. Above 2^53 it is only approximately right: use `int64` where that matters. */
  unsigned(): number {
    const { buffer, end } = this;
    let position = this.position;
    let result = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (position >= end) throw new MalformedProtobuf('number cut off', position);
      const byte = buffer[position++] ?? 0;
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.position = position;
        return result;
      }
      scale *= 128;
    }
    throw new MalformedProtobuf('number longer than 10 bytes', this.position);
  }

  /** A varint as a 32-bit unsigned number: higher bits are dropped, as every protobuf decoder does. */
  uint32(): number {
    const start = this.position;
    const value = this.unsigned();
    if (value < twoTo32) return value;
    this.position = start;
    return Number(BigInt.asUintN(32, BigInt(this.int64())));
  }

  /** A two's complement 64-bit varint: a number when it is exact, else a bigint. */
  int64(): number | bigint {
    const start = this.position;
    const value = this.unsigned();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    let exact = 0n;
    let shift = 0n;
    for (let position = start; position < this.position; position++) {
      exact |= BigInt((this.buffer[position] ?? 0) & 0x7f) << shift;
      shift += 7n;
    }
    return narrowInteger(BigInt.asIntN(64, exact));
  }

  fixed64(): bigint {
    return this.buffer.readBigUInt64LE(this.take(8));
  }

  fixed32(): number {
    return this.buffer.readUInt32LE(this.take(4));
  }

  double(): number {
    return this.buffer.readDoubleLE(this.take(8));
  }

  /** Length of a length-delimited field; the position is then at its first byte. */
  length(): number {
    const at = this.position;
    const length = this.unsigned();
    if (length > this.end - this.position) throw new MalformedProtobuf(`field of ${length} bytes is cut off`, at);
    return length;
  }

  /** Narrows the reader to the length-delimited field that begins here; give the result to `leave`. */
  enter(): number {
    const length = this.length();
    const outer = this.end;
    this.end = this.position + length;
    return outer;
  }

  /** Ends the field entered last, wherever reading stopped inside it. */
  leave(outer: number): void {
    this.position = this.end;
    this.end = outer;
  }

  /** A length-delimited field as a view on the buffer. */
  bytes(): Buffer {
    const length = this.length();
    const start = this.position;
    this.position = start + length;
    return this.buffer.subarray(start, start + length);
  }

  /** A length-delimited field as a string; invalid UTF-8 becomes U+FFFD. */
  text(): string {
    const length = this.length();
    const start = this.position;
    this.position = start + length;
    return this.buffer.toString('utf8', start, start + length);
  }

  /** Passes over the value of a field that is not known. Groups (long deprecated, never in OTLP) are refused. */
  skip(tag: number): void {
    switch (tag & 7) {
      case wireVarint:
        this.unsigned();
        return;
      case wireFixed64:
        this.take(8);
        return;
      case wireBytes: {
        const length = this.length();
        this.position += length;
        return;
      }
      case wireFixed32:
        this.take(4);
        return;
      default:
        throw new MalformedProtobuf(`unknown wire type ${tag & 7}`, this.position);
    }
  }

  private take(count: number): number {
    const start = this.position;
    if (count > this.end - start) throw new MalformedProtobuf('number cut off', start);
    this.position = start + count;
    return start;
  }
}

/** A number where it is exact, else the bigint itself. */
function narrowInteger(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Appends fields to one growing buffer. `reset` makes it reusable; `finish` copies the result out. */
export class ProtobufWriter {
  private buffer: Buffer;
  private position = 0;

  constructor(capacity = 1_024) {
    this.buffer = Buffer.allocUnsafe(capacity);
  }

  get size(): number {
    return this.position;
  }

  reset(): void {
    this.position = 0;
  }

  /** Takes back everything after `size`. */
  truncate(size: number): void {
    this.position = Math.min(this.position, size);
  }

  finish(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.position));
  }

  /** Starts field `number` with one of the wire type constants; its value must follow. */
  tag(number: number, wireType: number): void {
    this.varint(number * 8 + wireType);
  }

  /** Non-negative and at most 2^53. */
  varint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest > 0x7f) {
      this.buffer[this.position++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.position++] = rest;
  }

  int64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) {
      this.varint(value);
      return;
    }
    this.reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.buffer[this.position++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buffer[this.position++] = Number(rest);
  }

  fixed64(value: bigint): void {
    this.reserve(8);
    this.position = this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.position);
  }

  fixed32(value: number): void {
    this.reserve(4);
    this.position = this.buffer.writeUInt32LE(value >>> 0, this.position);
  }

  double(value: number): void {
    this.reserve(8);
    this.position = this.buffer.writeDoubleLE(value, this.position);
  }

  /** Length and content of a length-delimited value. */
  bytes(source: Uint8Array, start = 0, end = source.length): void {
    this.varint(end - start);
    this.raw(source, start, end);
  }

  /** Bytes as they are, without a length. */
  raw(source: Uint8Array, start = 0, end = source.length): void {
    this.reserve(end - start);
    this.buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.position);
    this.position += end - start;
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.reserve(length);
    this.position += this.buffer.write(value, this.position, 'utf8');
  }

  /** Begins a nested message of unknown length; give the result to `close`. */
  open(): number {
    this.reserve(1);
    return ++this.position;
  }

  /** Writes the length of the message opened at `start`: one byte is reserved, longer lengths move the content up. */
  close(start: number): void {
    const length = this.position - start;
    if (length < 0x80) {
      this.buffer[start - 1] = length;
      return;
    }
    let lengthBytes = 1;
    for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 128)) lengthBytes++;
    this.reserve(lengthBytes - 1);
    this.buffer.copyWithin(start + lengthBytes - 1, start, this.position);
    this.position = start - 1;
    this.varint(length);
    this.position = start - 1 + lengthBytes + length;
  }

  private reserve(count: number): void {
    const needed = this.position + count;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.position);
    this.buffer = grown;
  }
}
