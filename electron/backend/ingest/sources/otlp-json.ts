import { ProtobufReader } from '../../telemetry/protobuf.ts';
import { maximumSpanBytes, type RawLog, type RawResource, type RawScope, type RawSpan, type TelemetrySink } from '../../telemetry/raw-span.ts';
import { JsonScanner, MalformedJson, needMore } from './json-scanner.ts';
import { MalformedTelemetry, RefusedItem } from './malformed.ts';
import { OtlpJsonItems } from './otlp-json-items.ts';
import { readResourceMetrics } from './otlp-json-metrics.ts';
import { countDataPoints } from './otlp-proto.ts';

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Step<Result = void> = Generator<void, Result, void>;

const openBrace = 0x7b;
const openBracket = 0x5b;
const newline = 0x0a;

export interface OtlpJsonOptions {
  /** Chunks are gathered to at least this many bytes before they are read. */
  readonly windowBytes: number;
  /** A larger span, log record or resource is refused. */
  readonly itemBytes: number;
  /** Spans wait for the end of their envelope, because `schemaUrl` usually comes last, until this many bytes wait. */
  readonly heldBytes: number;
}

const defaults: OtlpJsonOptions = { windowBytes: 4 * 1024 * 1024, itemBytes: maximumSpanBytes, heldBytes: 64 * 1024 * 1024 };

/** The object that is being read: an export request, an envelope (ResourceSpans) or a scope list; files leave outer ones out. */
interface Envelope {
  readonly level: 'resource' | 'scope';
  resource: Mutable<RawResource>;
  scope: Mutable<RawScope>;
  /** Read, and delivered to the sink when `resource` and `scope` are complete. */
  readonly held: Held;
}

interface Held {
  items: (RawSpan | RawLog)[];
  bytes: number;
}

const newResource = (): Mutable<RawResource> => ({ attributes: [], droppedAttributes: 0, schemaUrl: '' });
const newScope = (): Mutable<RawScope> => ({ name: '', version: '', attributes: [], droppedAttributes: 0, schemaUrl: '' });

/** Keys that begin a span on its own; those that other formats share are not here. */
const bareSpanKeys = new Set(['traceId', 'trace_id', 'spanId', 'span_id', 'parentSpanId', 'parent_span_id', 'startTimeUnixNano', 'start_time_unix_nano']);

/**
 * Reads OTLP JSON from chunks of any size: objects one after the other (JSON lines, pretty-printed, separated by
 * anything blank), lists of them, envelopes and bare spans. Never holds more than a window, the largest item and
 * `heldBytes`. Broken JSON is reported with its line, and reading goes on at the next line that begins an object.
 */
export class OtlpJsonDecoder {
  private readonly sink: TelemetrySink;
  private readonly options: OtlpJsonOptions;
  private readonly scanner = new JsonScanner();
  private readonly items = new OtlpJsonItems(this.scanner);
  private readonly reading: Step;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private line = 1;
  private lineCountedTo = 0;
  private open: Held | undefined;
  /** Resources and scopes that went to the sink before their envelope ended: they must not change any more. */
  private readonly sealed = new WeakSet<object>();
  private readonly warned = new Set<string>();
  /** Objects and lists at the top of the text. */
  values = 0;
  /** Keys of OTLP that were met: 0 says that this is some other JSON. */
  known = 0;
  /** Spans, log records and metrics delivered. */
  delivered = 0;
  skipped = 0;

  constructor(sink: TelemetrySink, options: Partial<OtlpJsonOptions> = {}) {
    this.sink = sink;
    this.options = { ...defaults, ...options };
    this.reading = this.text();
  }

  /** The chunk is not copied where it can be avoided and must not be changed afterwards. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
    // At least as much as is carried over: a value that grows over many windows is then read again log(n) times only.
    if (this.waitingBytes >= Math.max(this.options.windowBytes, this.scanner.end - this.scanner.position)) this.read(false);
  }

  end(): void {
    this.read(true);
  }

  /** The whole text at once, not copied; instead of `push` and `end`. */
  whole(text: Buffer): void {
    this.waiting = [text];
    this.read(true);
  }

  private read(final: boolean): void {
    const { scanner } = this;
    this.countLines(scanner.position);
    const rest = scanner.buffer.subarray(scanner.position, scanner.end);
    const [only] = this.waiting;
    const window = rest.length === 0 && this.waiting.length === 1 && only !== undefined ? only : Buffer.concat([rest, ...this.waiting]);
    this.waiting = [];
    this.waitingBytes = 0;
    this.lineCountedTo = 0;
    scanner.refill(window, final);
    this.reading.next();
  }

  private countLines(to: number): void {
    const { buffer } = this.scanner;
    for (let at = buffer.indexOf(newline, this.lineCountedTo); at >= 0 && at < to; at = buffer.indexOf(newline, at + 1)) this.line++;
    this.lineCountedTo = Math.max(this.lineCountedTo, to);
  }

  private lineAt(position: number): number {
    if (position >= this.lineCountedTo) {
      this.countLines(position);
      return this.line;
    }
    let line = this.line;
    const { buffer } = this.scanner;
    for (let at = buffer.indexOf(newline, position); at >= 0 && at < this.lineCountedTo; at = buffer.indexOf(newline, at + 1)) line--;
    return line;
  }

  private skip(line: number, reason: string): void {
    this.skipped++;
    this.sink.skip({ line, reason });
  }

  /** Repeats `read` from where it began when the window ended in the middle. */
  private *complete<Result>(read: () => Result): Step<Result> {
    const { scanner } = this;
    for (;;) {
      const start = scanner.position;
      try {
        return read();
      } catch (error) {
        if (error !== needMore) throw error;
        scanner.position = start;
      }
      if (scanner.end - start > this.options.itemBytes) throw new MalformedJson('a key that does not end', start);
      yield;
    }
  }

  private *text(): Step {
    const { scanner } = this;
    for (;;) {
      const byte = yield* this.nextValue();
      if (byte < 0) return;
      const line = this.lineAt(scanner.position);
      try {
        this.values++;
        if (byte === openBrace) yield* this.object(undefined, 0);
        else if (byte === openBracket) yield* this.list(() => this.object(undefined, 0));
        else scanner.fail('expected a JSON object or list');
      } catch (error) {
        if (!(error instanceof MalformedJson)) throw error;
        if (this.open !== undefined) this.deliver(this.open);
        this.open = undefined;
        yield* this.recover(line, error);
      }
    }
  }

  /** The first byte of the next value, white space and separators passed over; -1 at the end of the text. */
  private *nextValue(): Step<number> {
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

  /** Goes on at the next line that begins with `{` or `[`: pretty-printed objects indent all their inner lines. */
  private *recover(line: number, error: MalformedJson): Step {
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
    const left = scanner.position >= scanner.end ? 'the rest of the text was left out' : next > line + 1 ? `lines ${line}-${next - 1} were left out` : 'the line was left out';
    this.skip(line, `broken JSON${where}: ${error.message}; ${left}, except for what could be read before`);
  }

  /** Passes over a value of any size at `position` without gathering it. */
  private *pass(): Step {
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

  /** One item, delivered or reported; a larger one than allowed is passed over. */
  private *item<Result>(what: string, read: () => Result): Step<Result | undefined> {
    const { scanner } = this;
    for (;;) {
      const start = scanner.position;
      try {
        const result = read();
        if (scanner.position - start <= this.options.itemBytes) return result;
        this.skip(this.lineAt(start), this.tooLarge(what));
        return undefined;
      } catch (error) {
        scanner.position = start;
        if (error instanceof RefusedItem) {
          this.skip(this.lineAt(start), `${what}: ${error.message}`);
          yield* this.pass();
          return undefined;
        }
        if (error !== needMore) throw error;
      }
      if (scanner.end - start > this.options.itemBytes) {
        this.skip(this.lineAt(start), this.tooLarge(what));
        yield* this.pass();
        return undefined;
      }
      yield;
    }
  }

  private tooLarge(what: string): string {
    return `${what}: larger than ${this.options.itemBytes} bytes`;
  }

  private *list(element: () => Step): Step {
    const { scanner } = this;
    if (!(yield* this.complete(() => scanner.openArray()))) {
      if (scanner.peek() !== 0x6e) this.skip(this.lineAt(scanner.position), 'found something else where a list is expected');
      yield* this.pass();
      return;
    }
    for (let first = true; yield* this.complete(() => scanner.nextElement(first)); first = false) yield* element();
  }

  /** An object at any level of OTLP: `outer` is what an envelope around it has said. */
  private *object(outer: Envelope | undefined, depth: number): Step {
    const { scanner } = this;
    if (depth > 8 || (yield* this.complete(() => scanner.peek())) !== openBrace) {
      this.skip(this.lineAt(scanner.position), depth > 8 ? 'envelopes nested too deep' : 'found something else where an object is expected');
      yield* this.pass();
      return;
    }
    if (outer === undefined && bareSpanKeys.has((yield* this.complete(() => this.firstKey())) ?? '')) {
      const span = yield* this.item('span', () => this.items.span(newResource(), newScope()));
      if (span !== undefined) this.give(span);
      this.known++;
      return;
    }
    const held: Held = outer?.held ?? { items: [], bytes: 0 };
    const envelope: Envelope = { level: outer === undefined ? 'resource' : 'scope', resource: outer?.resource ?? newResource(), scope: newScope(), held };
    const previous = this.open;
    if (outer === undefined) this.open = held;
    scanner.position++;
    for (let first = true; ; first = false) {
      const key = yield* this.complete(() => scanner.nextKey(first));
      if (key === undefined) break;
      yield* this.field(key, envelope, depth);
    }
    if (outer === undefined) {
      this.deliver(held);
      this.open = previous;
    }
  }

  private firstKey(): string | undefined {
    const { scanner } = this;
    const start = scanner.position;
    scanner.position++;
    const key = scanner.nextKey(true);
    scanner.position = start;
    return key;
  }

  private *field(key: string, envelope: Envelope, depth: number): Step {
    switch (key) {
      case 'resourceSpans': case 'resource_spans': case 'resourceLogs': case 'resource_logs': case 'batches':
        this.known++;
        // Each envelope has a resource of its own and is delivered when it ends.
        yield* this.list(() => this.object(undefined, depth + 1));
        return;
      case 'resourceMetrics': case 'resource_metrics':
        this.known++;
        yield* this.list(() => this.metrics());
        return;
      case 'trace':
        // Tempo's answer; other formats have a trace of their own.
        if (yield* this.isObject()) yield* this.object(undefined, depth + 1);
        return;
      case 'scopeSpans': case 'scope_spans': case 'scopeLogs': case 'scope_logs':
      case 'instrumentationLibrarySpans': case 'instrumentation_library_spans': case 'instrumentationLibraryLogs': case 'instrumentation_library_logs':
        this.known++;
        yield* this.list(() => this.object(envelope, depth + 1));
        return;
      case 'spans':
        if (envelope.level === 'resource') yield* this.pass();
        else yield* this.list(() => this.record('span', envelope, () => this.items.span(envelope.resource, envelope.scope)));
        return;
      case 'logRecords': case 'log_records': case 'logs':
        if (envelope.level === 'resource') yield* this.pass();
        else yield* this.list(() => this.record('log record', envelope, () => this.items.log(envelope.resource, envelope.scope)));
        return;
      case 'resource': {
        if (!(yield* this.isObject())) return;
        const fields = yield* this.item('resource', () => this.items.resource());
        if (fields !== undefined) Object.assign(this.resourceOf(envelope, 'resource'), fields);
        return;
      }
      case 'scope': case 'instrumentationLibrary': case 'instrumentation_library': {
        if (!(yield* this.isObject())) return;
        const fields = yield* this.item('scope', () => this.items.scope());
        if (fields !== undefined) Object.assign(this.scopeOf(envelope, 'scope'), fields);
        return;
      }
      case 'schemaUrl': case 'schema_url': {
        const schemaUrl = yield* this.item('schema URL', () => this.items.text());
        if (!schemaUrl) return;
        if (envelope.level === 'resource') this.resourceOf(envelope, 'schemaUrl').schemaUrl = schemaUrl;
        else this.scopeOf(envelope, 'schemaUrl').schemaUrl = schemaUrl;
        return;
      }
      default:
        yield* this.pass();
    }
  }

  /** Whether an object begins; anything else is passed over, as an unknown field would be. */
  private *isObject(): Step<boolean> {
    if ((yield* this.complete(() => this.scanner.peek())) === openBrace) return true;
    yield* this.pass();
    return false;
  }

  /** The envelope's resource, still open for changes: a new one when spans already went out with the old one. */
  private resourceOf(envelope: Envelope, key: string): Mutable<RawResource> {
    if (this.sealed.has(envelope.resource)) {
      envelope.resource = { ...envelope.resource };
      this.warnLate(key);
    }
    return envelope.resource;
  }

  private scopeOf(envelope: Envelope, key: string): Mutable<RawScope> {
    if (this.sealed.has(envelope.scope)) {
      envelope.scope = { ...envelope.scope };
      this.warnLate(key);
    }
    return envelope.scope;
  }

  private warnLate(key: string): void {
    this.warn('late', `"${key}" comes after more than ${Math.round(this.options.heldBytes / 1_048_576)} MiB of spans that it belongs to: these were kept without it`);
  }

  /** At most one warning of a kind. */
  private warn(kind: string, message: string): void {
    if (this.warned.has(kind)) return;
    this.warned.add(kind);
    this.sink.warn(message);
  }

  private *record(what: string, envelope: Envelope, read: () => RawSpan | RawLog): Step {
    const { held } = envelope;
    let size = 0;
    const item = yield* this.item(what, () => {
      const start = this.scanner.position;
      const result = read();
      size = this.scanner.position - start;
      return result;
    });
    if (item === undefined) return;
    held.items.push(item);
    held.bytes += size;
    if (held.bytes <= this.options.heldBytes) return;
    for (const { resource, scope } of held.items) {
      this.sealed.add(resource);
      this.sealed.add(scope);
    }
    this.deliver(held);
  }

  private deliver(held: Held): void {
    const { items } = held;
    held.items = [];
    held.bytes = 0;
    for (const item of items) this.give(item);
    if (this.items.mistyped !== undefined) this.warn('mistyped', this.items.mistyped);
  }

  private give(item: RawSpan | RawLog): void {
    this.delivered++;
    if ('startNs' in item) this.sink.span(item);
    else this.sink.log(item);
  }

  private *metrics(): Step {
    const request = yield* this.item('metrics', () => readResourceMetrics(this.scanner));
    if (request === undefined) return;
    this.delivered++;
    this.sink.metrics(request, countDataPoints(new ProtobufReader(request)));
  }
}

/**
 * One OTLP JSON export request. Throws MalformedTelemetry when nothing in it could be read.
 */
export function decodeOtlpJson(body: Buffer, sink: TelemetrySink): void {
  let firstReason: string | undefined;
  const skipped: (() => void)[] = [];
  const decoder = new OtlpJsonDecoder({
    span: (span) => sink.span(span),
    log: (log) => sink.log(log),
    metrics: (request, points) => sink.metrics(request, points),
    warn: (message) => sink.warn(message),
    skip: (item) => {
      firstReason ??= item.reason;
      skipped.push(() => sink.skip(item));
    },
  }, { heldBytes: Number.POSITIVE_INFINITY, itemBytes: Number.POSITIVE_INFINITY });
  decoder.whole(body);
  if (firstReason !== undefined && decoder.known === 0 && decoder.delivered === 0) throw new MalformedTelemetry(`not a readable OTLP JSON message: ${firstReason}`);
  for (const report of skipped) report();
}
