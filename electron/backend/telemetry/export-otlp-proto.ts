import { bytesOf } from './any-value.ts';
import { chain, groupNeighbours } from './export-groups.ts';
import { writeLog, writeResource, writeScope, writeSpan, writeText } from './otlp-message.ts';
import type { MessageStyle } from './otlp-message.ts';
import { ProtobufWriter, wireBytes } from './protobuf.ts';
import type { RawLog, RawResource, RawScope, RawSpan, RawValue } from './raw-span.ts';

/** An envelope is closed at this size, so that memory stays constant; readers join envelopes of one resource. */
const envelopeBytes = 1024 * 1024;

/**
 * Spans and logs as OTLP protobuf. Spans alone, or logs alone, are one `TracesData` / `LogsData` message (the bytes of
 * an export request). Both together are size-prefixed messages (varint), because both use field 1 of their message.
 */
export function* encodeOtlpProto(spans: Iterable<RawSpan>, logs: Iterable<RawLog>): Generator<Buffer> {
  const logMessages = envelopes(logs, writeLog);
  const firstLog = logMessages.next();
  if (firstLog.done) {
    yield* envelopes(spans, writeSpan);
    return;
  }
  let spansSeen = false;
  for (const envelope of envelopes(spans, writeSpan)) {
    spansSeen = true;
    yield lengthOf(envelope);
    yield envelope;
  }
  for (const message of chain(firstLog.value, logMessages)) {
    if (spansSeen) yield lengthOf(message);
    yield message;
  }
}

function lengthOf(message: Buffer): Buffer {
  const writer = new ProtobufWriter(10);
  writer.varint(message.length);
  return writer.finish();
}

/** Messages of one envelope each; one after the other they are one message. */
function* envelopes<Item extends { readonly resource: RawResource; readonly scope: RawScope }>(
  items: Iterable<Item>,
  write: (writer: ProtobufWriter, item: Item, style: MessageStyle) => void,
): Generator<Buffer> {
  const writer = new ProtobufWriter(64 * 1024);
  let envelope = -1;
  let scopeList = -1;
  let current: Item | undefined;
  const closeScope = (): void => {
    if (scopeList < 0 || current === undefined) return;
    writeText(writer, 3, current.scope.schemaUrl);
    writer.close(scopeList);
    scopeList = -1;
  };
  const close = (): Buffer | undefined => {
    closeScope();
    if (envelope < 0 || current === undefined) return undefined;
    writeText(writer, 3, current.resource.schemaUrl);
    writer.close(envelope);
    envelope = -1;
    const message = writer.finish();
    writer.reset();
    return message;
  };
  for (const { item, resourceChanged, scopeChanged } of groupNeighbours(items)) {
    if (resourceChanged || writer.size > envelopeBytes) {
      const message = close();
      if (message !== undefined) yield message;
    } else if (scopeChanged) closeScope();
    if (envelope < 0) {
      writer.tag(1, wireBytes);
      envelope = writer.open();
      writer.tag(1, wireBytes);
      const start = writer.open();
      writeResource(writer, item.resource, style);
      writer.close(start);
    }
    if (scopeList < 0) {
      writer.tag(2, wireBytes);
      scopeList = writer.open();
      writer.tag(1, wireBytes);
      const start = writer.open();
      writeScope(writer, item.scope, style);
      writer.close(start);
    }
    writer.tag(2, wireBytes);
    const start = writer.open();
    write(writer, item, style);
    writer.close(start);
    current = item;
  }
  const message = close();
  if (message !== undefined) yield message;
}

const style: MessageStyle = { value: writeValue, defaults: false };

function writeValue(writer: ProtobufWriter, _key: string, value: RawValue): void {
  if (value.form === 'any') {
    writer.bytes(value.bytes);
    return;
  }
  const start = writer.open();
  writer.tag(1, wireBytes);
  writer.bytes(bytesOf(value));
  writer.close(start);
}
