import type { Skipped } from '../../../telemetry/raw-span.ts';
import { isTooDeep, maximumDocumentBytes } from '../reading/document.ts';
import { parseExactly } from '../spans/json-values.ts';
import type { JsonValue } from '../spans/json-values.ts';

const maximumParts = 200_000;

/**
 * The body of LangSmith's `/runs/multipart`: a part `post.<id>` or `patch.<id>` for each run, with its long fields in parts of their own
 * (`post.<id>.inputs`); `feedback.<id>`; attachments, which are named and left out. Gives one value for each run: `{post: [run]}`.
 */
export async function* readMultipart(
  chunks: AsyncIterable<Buffer>,
  report: { skip(skipped: Skipped): void; warn(message: string): void },
): AsyncGenerator<JsonValue> {
  const gathered: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes <= maximumDocumentBytes) gathered.push(chunk);
  }
  if (bytes > maximumDocumentBytes)
    report.skip({
      line: undefined,
      reason: `only the first ${maximumDocumentBytes / 1024 / 1024} MiB of the body are read`,
    });
  const body = Buffer.concat(gathered);
  const start = body.indexOf('--');
  const lineEnd = body.indexOf('\n', start);
  if (start < 0 || lineEnd < 0) return;
  const boundary = body.toString('latin1', start, lineEnd).trimEnd();
  const runs = new Map<string, { readonly kind: string; readonly fields: Map<string, unknown>; bytes: number }>();
  let attachments = 0;
  let count = 0;
  for (let at = start; at >= 0 && count < maximumParts; count++) {
    const head = body.indexOf('\n', at);
    if (head < 0) break;
    const next = nextBoundary(body, boundary, head);
    const part = body.subarray(head + 1, next < 0 ? body.length : next);
    if (next < 0 && part.toString('latin1').trim() !== '')
      report.skip({ line: undefined, reason: 'the body ends inside a part' });
    readPart(part);
    at = next;
  }
  if (attachments > 0) report.warn(`${attachments} attachments of runs were left out`);
  for (const { kind, fields, bytes: size } of runs.values())
    yield { line: 0, value: new Map([[kind, [fields]]]), bytes: size, cut: false };

  function readPart(part: Buffer): void {
    const blank = /\r?\n\r?\n/.exec(part.toString('latin1', 0, Math.min(part.length, 4_096)));
    if (blank === null) return;
    const headers = part.toString('utf8', 0, blank.index);
    const name = /name="([^"]{1,500})"/i.exec(headers)?.[1];
    const named =
      name === undefined ? null : /^(post|patch|feedback|attachment)\.([^.]{1,200})(?:\.(.{1,200}))?$/.exec(name);
    if (named === null) {
      report.skip({ line: undefined, reason: `a part that is none of a run's (${(name ?? 'no name').slice(0, 100)})` });
      return;
    }
    const [, kind = '', id = '', key] = named;
    if (kind === 'attachment') {
      attachments += 1;
      return;
    }
    const text = part.toString('utf8', blank.index + blank[0].length).replace(/\r?\n$/, '');
    let value: unknown;
    try {
      value = parseExactly(text);
    } catch {
      report.skip({ line: undefined, reason: `part ${name?.slice(0, 200) ?? ''} is no JSON` });
      return;
    }
    if (isTooDeep(value)) {
      report.skip({ line: undefined, reason: `part ${name?.slice(0, 200) ?? ''} is nested too deep` });
      return;
    }
    const key2 = `${kind}.${id}`;
    const run = runs.get(key2) ?? { kind, fields: new Map<string, unknown>([['id', id]]), bytes: 0 };
    runs.set(key2, run);
    run.bytes += text.length;
    if (key !== undefined) run.fields.set(key, value);
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [field, item] of Object.entries(value))
        if (!run.fields.has(field) || field !== 'id') run.fields.set(field, item);
  }
}

/**
 * A boundary stands at the beginning of a line, with the head of a part below it: a text within a part may hold its words elsewhere. Bodies
 * that were put one after the other have boundaries of their own.
 */
function nextBoundary(body: Buffer, boundary: string, from: number): number {
  for (
    let found = body.indexOf('\n--', from, 'latin1');
    found >= 0;
    found = body.indexOf('\n--', found + 3, 'latin1')
  ) {
    const line = body.toString('latin1', found + 1, found + 1_200);
    if (line.startsWith(boundary) || /^--[^\s]{1,200}\r?\nContent-(Disposition|Type|Length):/i.test(line))
      return found + 1;
  }
  return -1;
}
