import { maximumDocumentBytes } from '../reading/document.ts';
import type { Confidence, FileHead, ReadOutcome, SourceOutput, StreamInput, StreamSource } from '../source.ts';
import { readJsonValues } from './json-values.ts';
import type { JsonValue } from './json-values.ts';
import { SpanMaker } from './span-draft.ts';
import type { SpanDraft } from './span-draft.ts';

/** Where the reader of an export puts what it reads (FACTS.md, Exports of other tools). */
export interface ExportOutput {
  span(draft: SpanDraft): void;
  /** Something in the value that is read was left out. */
  skip(reason: string, line?: number): void;
  warn(message: string): void;
}

/** One file of a format, read value by value. */
export interface ExportReader {
  /** Whether the value is of this format; what can be read of it goes to the output, now or at the end. */
  read(value: JsonValue, out: ExportOutput): boolean;
  /** What was held goes to the output. Also called in the middle of a long file, so that what is held stays small. */
  end?(out: ExportOutput): void;
}

/** A format of another program whose files are JSON: one document, lines, or a list. */
export interface ExportFormat {
  readonly id: string;
  readonly label: string;
  readonly holds?: string;
  readonly forms?: readonly string[];
  readonly version: number;
  readonly detect: (head: FileHead) => Confidence;
  readonly open: () => ExportReader;
  /** Another way to find the values of a file, where it is not JSON. */
  readonly values?: (input: StreamInput, out: SourceOutput) => AsyncIterable<JsonValue>;
}

/** Skips that are told one by one; more are counted. */
const maximumForeign = 100;

/** A source that makes spans of a format's values. A value that is not of the format is reported with its line, and the rest is read. */
export function exportSource({ open, values, ...identity }: ExportFormat): StreamSource {
  return {
    ...identity,
    input: 'stream',
    async read(input, out): Promise<ReadOutcome> {
      const maker = new SpanMaker();
      const reader = open();
      let line = 0;
      let given = 0;
      let known = 0;
      let foreign = 0;
      let held = 0;
      const early: { readonly line: number | undefined; readonly reason: string }[] = [];
      const skip = (reason: string, at: number | undefined): void => {
        if (known === 0) early.push({ line: at, reason });
        else out.skip({ line: at, reason });
      };
      const output: ExportOutput = {
        span(draft) {
          const span = maker.span(draft);
          if ('refused' in span) skip(span.refused, line);
          else {
            given += 1;
            out.span(span);
          }
        },
        skip: (reason, at = line) => skip(reason, at === 0 ? undefined : at),
        warn: (message) => out.warn(message),
      };
      const reported: SourceOutput = {
        span: (span) => out.span(span),
        log: (log) => out.log(log),
        metrics: (request, points) => out.metrics(request, points),
        run: (run) => out.run(run),
        skip: (skipped) => skip(skipped.reason, skipped.line),
        warn: (message) => out.warn(message),
      };
      const all = values === undefined ? readJsonValues(input.chunks, reported) : values(input, reported);
      let count = 0;
      for await (const value of all) {
        ({ line } = value);
        count += 1;
        if (held + value.bytes > maximumDocumentBytes) {
          reader.end?.(output);
          held = 0;
        }
        if (reader.read(value, output)) {
          known += 1;
          held += value.bytes;
          for (const item of early.splice(0)) out.skip(item);
        } else if (!value.cut) {
          foreign += 1;
          if (foreign <= maximumForeign) skip(`this is none of ${identity.label}`, line);
        }
      }
      line = 0;
      reader.end?.(output);
      if (known === 0 && given === 0) {
        const [first] = early;
        return first === undefined || count > 0
          ? { isRead: false }
          : { isRead: false, also: first.line === undefined ? first.reason : `line ${first.line}: ${first.reason}` };
      }
      if (foreign > maximumForeign)
        out.skip({ line: undefined, reason: `${foreign - maximumForeign} more values are none of ${identity.label}` });
      return { isRead: true, form: count > 1 ? 'json-lines' : 'json' };
    },
  };
}
