import { DecompressionFailed } from './decompress.ts';

/** How far anything packed is unpacked, for one file that was dropped, with all that is packed in it. */
export interface UnpackBounds {
  /** Files in archives. */
  readonly entries: number;
  /** Bytes that come out, together. */
  readonly unpackedBytes: number;
  /** How many times the file's own size may come out, looked at from `ratioFrom` bytes on: deflate makes at most 1,032 of one. */
  readonly ratio: number;
  readonly ratioFrom: number;
  /** Archives within archives. */
  readonly depth: number;
  /** A zip archive within another one is held in memory: its list of entries stands at its end. */
  readonly nestedZipBytes: number;
}

/** Real traces repeat themselves and shrink to a hundredth; a folder of them may well have many gigabytes. */
export const unpackBounds: UnpackBounds = {
  entries: 100_000,
  unpackedBytes: 64 * 1024 ** 3,
  ratio: 1_000,
  ratioFrom: 256 * 1024 ** 2,
  depth: 3,
  nestedZipBytes: 64 * 1024 ** 2,
};

/** What is packed unpacks beyond its bounds: what came before was given out, nothing more comes. */
export class BoundsExceeded extends DecompressionFailed {
  override readonly name = 'DecompressionFailed';
}

export class UnpackBudget {
  readonly bounds: UnpackBounds;
  private readonly packedBytes: number;
  private unpackedBytes = 0;
  private entries = 0;
  private exceeded: BoundsExceeded | undefined;

  constructor(packedBytes: number, bounds: UnpackBounds = unpackBounds) {
    this.packedBytes = Math.max(1, packedBytes);
    this.bounds = bounds;
  }

  /** Throws BoundsExceeded, and from then on always. */
  check(): void {
    if (this.exceeded !== undefined) throw this.exceeded;
  }

  takeEntry(): void {
    this.entries += 1;
    if (this.entries > this.bounds.entries) this.exceed(`it holds more than ${this.bounds.entries} files`);
    this.check();
  }

  takeBytes(bytes: number): void {
    const { unpackedBytes: most, ratio, ratioFrom } = this.bounds;
    this.unpackedBytes += bytes;
    if (this.unpackedBytes > most) this.exceed(`more than ${inUnits(most)} come out of it`);
    else if (this.unpackedBytes > ratioFrom && this.unpackedBytes > this.packedBytes * ratio)
      this.exceed(`more than ${ratio} times its size comes out of it`);
    this.check();
  }

  private exceed(why: string): void {
    this.exceeded ??= new BoundsExceeded(`${why}: it is not unpacked any further`);
  }
}

function inUnits(bytes: number): string {
  const gibibytes = bytes / 1024 ** 3;
  return gibibytes >= 1 ? `${Math.round(gibibytes)} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;
}

/** Passes on what came out of a packed stream, as far as the budget goes. */
export async function* within(chunks: AsyncIterable<Buffer>, budget: UnpackBudget): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    budget.takeBytes(chunk.length);
    yield chunk;
  }
}
