import { putBefore } from './file-chunks.ts';
import { JsonScanner, MalformedJson, needMore } from './json-scanner.ts';

/** A reader that stops (`yield`) when the window has no more and goes on when it was refilled. */
export type Step<Result = void> = Generator<void, Result, void>;

export const openBrace = 0x7b;
export const openBracket = 0x5b;
const newline = 0x0a;

/**
 * A window on a text that comes in chunks, with what all readers of long JSON need: values read again when the window
 * ended in their middle, values passed over, line numbers, and where to go on after broken JSON.
 */
export class JsonWindow {
  readonly scanner = new JsonScanner();
  private readonly windowBytes: number;
  private readonly itemBytes: number;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  /** Line of `countedTo`, and the next line break from there. */
  private line = 1;
  private countedTo = 0;
  private nextBreak = 0;

  constructor(windowBytes: number, itemBytes: number) {
    this.windowBytes = windowBytes;
    this.itemBytes = itemBytes;
  }

  get heldBytes(): number {
    return this.scanner.buffer.length + this.waitingBytes;
  }

  /** Takes a chunk; true when there is enough to go on. The chunk is not copied where it can be avoided. */
  add(chunk: Buffer): boolean {
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
    // At least as much as is carried over: a value that grows over many windows is then read again log(n) times only.
    return this.waitingBytes >= Math.max(this.windowBytes, this.scanner.end - this.scanner.position);
  }

  /** Goes on with what was not read yet and all that was added. */
  refill(final: boolean): void {
    const { scanner } = this;
    this.countLines(scanner.position);
    const window = this.joined(scanner.buffer.subarray(scanner.position, scanner.end));
    this.waiting = [];
    this.waitingBytes = 0;
    scanner.refill(window, final);
    this.countedTo = 0;
    this.nextBreak = this.breakFrom(0);
  }

  private joined(rest: Buffer): Buffer {
    const [only] = this.waiting;
    if (this.waiting.length !== 1 || only === undefined) return Buffer.concat([rest, ...this.waiting]);
    return rest.length === 0 ? only : (putBefore(only, rest) ?? Buffer.concat([rest, only]));
  }

  /** 1-based line of a position in the window. */
  lineAt(position: number): number {
    if (position >= this.countedTo) {
      this.countLines(position);
      return this.line;
    }
    return (
      this.line -
      this.scanner.buffer
        .subarray(position, this.countedTo)
        .reduce((breaks, byte) => (byte === newline ? breaks + 1 : breaks), 0)
    );
  }

  /** Each byte is searched once only, however often lines are asked for. */
  private countLines(to: number): void {
    while (this.nextBreak < to) {
      this.line++;
      this.nextBreak = this.breakFrom(this.nextBreak + 1);
    }
    this.countedTo = Math.max(this.countedTo, to);
  }

  private breakFrom(position: number): number {
    const at = this.scanner.buffer.indexOf(newline, position);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  }

  /** Repeats `read` from where it began when the window ended in the middle. */
  *complete<Result>(read: () => Result): Step<Result> {
    const { scanner } = this;
    for (;;) {
      const start = scanner.position;
      try {
        return read();
      } catch (error) {
        if (error !== needMore) throw error;
        scanner.position = start;
      }
      if (scanner.end - start > this.itemBytes) throw new MalformedJson('a key that does not end', start);
      yield;
    }
  }

  /** The first byte of the next value, white space and separators passed over; -1 at the end of the text. */
  *nextValue(): Step<number> {
    const { scanner } = this;
    for (;;) {
      const byte = scanner.next();
      // Comma between objects, record separator (RFC 7464), byte order mark.
      if (byte === 0x2c || byte === 0x1e || byte === 0xef || byte === 0xbb || byte === 0xbf) scanner.position++;
      else if (byte >= 0) return byte;
      else if (scanner.final) return -1;
      else yield;
    }
  }

  /** Goes on at the next line that begins with `{` or `[`: pretty-printed objects indent all their inner lines. Gives the reason to report. */
  *recover(line: number, error: MalformedJson): Step<string> {
    const { scanner } = this;
    const brokenAt = this.lineAt(error.offset);
    // The line with the error is a whole one when the value was cut off on a line before.
    const lineStart = brokenAt === line ? -1 : scanner.buffer.lastIndexOf(newline, error.offset - 1);
    scanner.position = lineStart < 0 ? error.offset : lineStart;
    for (;;) {
      const at = scanner.buffer.indexOf(newline, scanner.position);
      if (at < 0) {
        scanner.position = scanner.end;
        if (scanner.final) break;
        yield;
        continue;
      }
      scanner.position = at + 1;
      while (scanner.position >= scanner.end && !scanner.final) yield;
      const byte = scanner.buffer[scanner.position];
      if (byte === openBrace || byte === openBracket || byte === undefined) break;
    }
    const next = this.lineAt(scanner.position);
    const where = brokenAt === line ? '' : ` on line ${brokenAt}`;
    const left =
      scanner.position >= scanner.end
        ? 'the rest of the text was left out'
        : next > line + 1
          ? `lines ${line}-${next - 1} were left out`
          : 'the line was left out';
    return `broken JSON${where}: ${error.message}; ${left}, except for what could be read before`;
  }

  /** Passes over a value of any size at `position` without gathering it. */
  *pass(): Step {
    const { scanner } = this;
    let depth = 0;
    let inString = false;
    let started = false;
    for (;;) {
      const { buffer, end } = scanner;
      let { position } = scanner;
      while (position < end) {
        const byte = buffer[position] ?? 0;
        if (inString) {
          if (byte === newline) throw new MalformedJson('a line ends inside a string', position);
          if (byte === 0x5c) {
            // The escaped byte may be in the next window.
            if (position + 1 >= end) break;
            position++;
          } else if (byte === 0x22) {
            inString = false;
            if (depth === 0) {
              scanner.position = position + 1;
              return;
            }
          }
        } else if (byte === 0x22) {
          inString = true;
          started = true;
        } else if (byte === openBrace || byte === openBracket) {
          depth++;
          started = true;
        } else if (byte === 0x7d || byte === 0x5d || byte === 0x2c) {
          if (depth === 0) {
            if (!started) scanner.fail('expected a value');
            scanner.position = position;
            return;
          }
          if (byte !== 0x2c && --depth === 0) {
            scanner.position = position + 1;
            return;
          }
        } else if (byte > 0x20) started = true;
        position++;
      }
      scanner.position = position;
      if (scanner.final) throw new MalformedJson('the text ends inside a value', end);
      yield;
    }
  }
}
