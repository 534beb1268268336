import type { RawSpan } from '../telemetry/raw-span.ts';
import { encodeResource, encodeScope, encodeSpan } from './span-codec.ts';
import { writeInlineAttribute } from './value-writer.ts';

/** Whether two copies of a span carry the same bytes, whatever form their texts were read in. */
export function sameSpan(left: RawSpan, right: RawSpan): boolean {
  return wholeSpan(left).equals(wholeSpan(right));
}

/** Exporters that send spans early send them again when they ended, with everything they know by then. */
export function saysMore(later: RawSpan, stored: RawSpan): boolean {
  const ended = later.endNs !== 0n;
  if (ended !== (stored.endNs !== 0n)) return ended;
  return (
    later.attributes.length + later.events.length + later.links.length >=
    stored.attributes.length + stored.events.length + stored.links.length
  );
}

function wholeSpan(span: RawSpan): Buffer {
  return Buffer.concat([
    encodeSpan(span, 0, 0, writeInlineAttribute),
    encodeResource(span.resource, writeInlineAttribute),
    encodeScope(span.scope, writeInlineAttribute),
  ]);
}
