import { ProtobufReader } from '../telemetry/protobuf.ts';
import type { EncodedValue, RawValue, TextRange } from '../telemetry/raw-span.ts';
import type { ReadableDatabase } from './database.ts';
import { elementsBeyond, openBracket } from './list-elements.ts';
import { literalBytes } from './literals.ts';
import { damagedPart } from './packed-bytes.ts';
import { hasItsChecksum, numbersToIds, unpackNumbers } from './packed-numbers.ts';
import { decodeReference, isReference, isStringValue } from './value-reference.ts';
import type { ValueReference } from './value-reference.ts';

const maximumSequences = 64;
/** An earlier list that goes on has at most its last, small elements in pieces of its own. */
const maximumPiecesOver = 4;

function referenceIn(stored: Buffer): ValueReference {
  const reader = new ProtobufReader(stored);
  reader.tag();
  return decodeReference(reader.bytes());
}

const piecesOf = ({ ranges, suffix }: ValueReference): number =>
  ranges.reduce((sum, { length }) => sum + length, suffix.length);

/** Puts stored values together again. */
export class ValueReader {
  private readonly content: (id: number) => Buffer;
  private readonly sequences = new Map<number, number[]>();
  private readonly chunks;

  constructor(database: ReadableDatabase, content: (id: number) => Buffer) {
    this.content = content;
    this.chunks = database.prepare<[number, number], { readonly start: number; readonly ids: Buffer }>(
      'SELECT start, ids FROM sequence_chunk WHERE sequence = ? AND start >= ? ORDER BY start',
    );
  }

  /** A stored AnyValue as it was put: strings as text ranges, everything else as AnyValue bytes. */
  decode(stored: Buffer): RawValue {
    const isText = isStringValue(stored);
    if (!isText && !isReference(stored)) return { form: 'any', bytes: stored };
    const reader = new ProtobufReader(stored);
    reader.tag();
    if (isText) {
      const length = reader.length();
      return { form: 'text', buffer: stored, start: reader.position, end: reader.position + length, escaped: false };
    }
    const reference = decodeReference(reader.bytes());
    const bytes = this.join(reference);
    return reference.form === 'any'
      ? { form: 'any', bytes }
      : { form: 'text', buffer: bytes, start: 0, end: bytes.length, escaped: reference.form === 'escaped' };
  }

  /** As `decode`, except that a value that is kept apart is put together when it is asked for. */
  glance(stored: Buffer): RawValue {
    if (!isReference(stored)) return this.decode(stored);
    const reference = referenceIn(stored);
    const read = (): Buffer => this.join(reference);
    return reference.form === 'any' ? new LaterValue(read) : new LaterText(read, reference.form === 'escaped');
  }

  /**
   * A JSON list that goes on from an earlier one, without the elements that both begin with. Undefined where it does not go on from it, or
   * says nothing more. Only what is new is put together.
   */
  beyond(stored: Buffer, earlier: Buffer): RawValue | undefined {
    if (!isReference(stored) || !isReference(earlier)) return undefined;
    const now = referenceIn(stored);
    const before = referenceIn(earlier);
    if (now.form !== 'text' || before.form !== 'text') return undefined;
    const shared = this.sharedPieces(now, before);
    const over = piecesOf(before) - shared;
    // More that did not come again is another list, not the end of this one.
    if (shared === 0 || over > maximumPiecesOver || this.pieceAt(now, 0)[0] !== openBracket) return undefined;
    const elements = elementsBeyond({
      shared,
      pieceAt: (index) => this.pieceAt(now, index),
      rest: this.rest(now, shared),
      earlierRest: this.rest(before, shared),
    });
    return elements && { form: 'text', buffer: elements, start: 0, end: elements.length, escaped: false };
  }

  forget(): void {
    this.sequences.clear();
  }

  /** How many pieces both begin with. Ranges of the same sequence are compared as such: this costs what is new, not what there is. */
  private sharedPieces(left: ValueReference, right: ValueReference): number {
    let shared = 0;
    for (const [index, range] of left.ranges.entries()) {
      const other = right.ranges[index];
      if (other?.sequence !== range.sequence || other.start !== range.start) break;
      shared += Math.min(range.length, other.length);
      if (range.length !== other.length) break;
    }
    const most = Math.min(piecesOf(left), piecesOf(right));
    while (shared < most && this.idAt(left, shared) === this.idAt(right, shared)) shared++;
    return shared;
  }

  private idAt({ ranges, suffix }: ValueReference, index: number): number {
    let before = 0;
    for (const { sequence, start, length } of ranges) {
      if (index < before + length)
        return this.sequence(sequence, start + index - before + 1)[start + index - before] ?? 0;
      before += length;
    }
    return suffix[index - before] ?? 0;
  }

  private pieceAt(reference: ValueReference, index: number): Buffer {
    return this.piece(this.idAt(reference, index));
  }

  private rest(reference: ValueReference, from: number): Buffer {
    const parts: Buffer[] = [];
    for (let index = from; index < piecesOf(reference); index++) parts.push(this.pieceAt(reference, index));
    return Buffer.concat([...parts, reference.tail]);
  }

  private join({ head, ranges, suffix, tail }: ValueReference): Buffer {
    const parts: Buffer[] = [head];
    for (const { sequence, start, length } of ranges) {
      const ids = this.sequence(sequence, start + length);
      for (let index = start; index < start + length; index++) parts.push(this.piece(ids[index] ?? 0));
    }
    for (const id of suffix) parts.push(this.piece(id));
    parts.push(tail);
    return Buffer.concat(parts);
  }

  private piece(id: number): Buffer {
    return id < 0 ? literalBytes(id) : this.content(id);
  }

  /** At least the first `count` ids; what is missing is read on. */
  private sequence(sequence: number, count: number): readonly number[] {
    let ids = this.sequences.get(sequence);
    if (!ids) {
      if (this.sequences.size >= maximumSequences) this.sequences.clear();
      this.sequences.set(sequence, (ids = []));
    }
    if (ids.length < count) {
      for (const { start, ids: chunk } of this.chunks.iterate(sequence, ids.length)) {
        if (start !== ids.length || !hasItsChecksum(chunk)) {
          this.sequences.delete(sequence);
          throw damagedPart('the messages of a conversation', 'their order is not what was written');
        }
        for (const id of numbersToIds(unpackNumbers(chunk))) ids.push(id);
      }
    }
    return ids;
  }
}

class LaterText implements TextRange {
  readonly form = 'text';
  readonly start = 0;
  readonly escaped: boolean;
  private readonly read: () => Buffer;
  private known: Buffer | undefined;

  constructor(read: () => Buffer, escaped: boolean) {
    this.read = read;
    this.escaped = escaped;
  }

  get buffer(): Buffer {
    return (this.known ??= this.read());
  }

  get end(): number {
    return this.buffer.length;
  }
}

class LaterValue implements EncodedValue {
  readonly form = 'any';
  private readonly read: () => Buffer;
  private known: Buffer | undefined;

  constructor(read: () => Buffer) {
    this.read = read;
  }

  get bytes(): Buffer {
    return (this.known ??= this.read());
  }
}
