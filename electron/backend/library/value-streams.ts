import { commonPrefix } from '../base/common-prefix.ts';
import type { Sequence } from './sequences.ts';
import type { SequenceRange } from './value-reference.ts';

/** plain: UTF-8 text; escaped: the inside of a JSON literal; list: the items of an encoded array or map. */
export type ComparedForm = 'plain' | 'escaped' | 'list';

/** An earlier value of a stream, with what was found out about it. */
export interface EarlierValue {
  readonly form: ComparedForm;
  /** Its source bytes, in a buffer of our own that may be longer. */
  buffer: Buffer;
  readonly length: number;
  /** Per piece: its end from the start of the value, the containers open there, its content. Shared with the value that it grew from. */
  readonly ends: number[];
  readonly nesting: number[];
  readonly ids: number[];
  /** What the first `confirmed` pieces are, as ranges. */
  readonly ranges: readonly SequenceRange[];
  readonly confirmed: number;
  /** The sequence that ends with the last confirmed piece, while no other value has gone on from it. */
  sequence: Sequence | undefined;
}

export interface BestMatch {
  readonly value: EarlierValue;
  /** Pieces that end inside the common prefix. */
  readonly pieces: number;
  readonly prefix: number;
}

/** Sub-agents of one run take turns, and parallel ones answer in any order. */
const valuesPerStream = 6;
const maximumStreams = 20_000;
/**
 * Source bytes kept for comparison, over all streams: 60 runs at once with half a megabyte of prompt each. At four times as much, a session
 * of 2 GB took 150 MB more memory, and no less of the disk.
 */
const maximumHeldBytes = 32 * 1024 * 1024;

/** The last values of each attribute of each run, least recently used streams first out. */
export class ValueStreams {
  private readonly streams = new Map<string, EarlierValue[]>();
  private heldBytes = 0;

  /** The earlier value with the longest common prefix. */
  best(stream: string, form: ComparedForm, buffer: Buffer, start: number, end: number): BestMatch | undefined {
    let best: BestMatch | undefined;
    for (const value of this.streams.get(stream) ?? []) {
      if (value.form !== form) continue;
      const prefix = commonPrefix(value.buffer, 0, value.length, buffer, start, end);
      if (best && prefix <= best.prefix) continue;
      const pieces = countUpTo(value.ends, prefix);
      best = { value, pieces, prefix };
      // It goes on where the newest one ended: the usual case, and nothing can match better.
      if (pieces === value.ends.length) break;
    }
    return best && best.pieces > 0 ? best : undefined;
  }

  /** Remembers the newest value; `replaces` is the earlier one that it grew from and makes useless. */
  add(stream: string, value: EarlierValue, replaces: EarlierValue | undefined): void {
    let values = this.streams.get(stream);
    if (values) this.streams.delete(stream);
    else values = [];
    this.streams.set(stream, values);
    if (replaces) this.drop(values, values.indexOf(replaces));
    if (values.length >= valuesPerStream) this.drop(values, values.length - 1);
    values.unshift(value);
    this.heldBytes += value.buffer.length;
    for (const [oldestKey, oldest] of this.streams) {
      if ((this.heldBytes <= maximumHeldBytes && this.streams.size <= maximumStreams) || oldestKey === stream) break;
      for (const held of oldest) this.heldBytes -= held.buffer.length;
      this.streams.delete(oldestKey);
    }
  }

  forget(): void {
    this.streams.clear();
    this.heldBytes = 0;
  }

  private drop(values: EarlierValue[], index: number): void {
    const [dropped] = index < 0 ? [] : values.splice(index, 1);
    if (dropped) this.heldBytes -= dropped.buffer.length;
  }
}

/** How many of the rising numbers are at most `limit`. */
function countUpTo(rising: readonly number[], limit: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
