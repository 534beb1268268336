import { bytesOf } from '../telemetry/any-value.ts';
import { unescapeSimple } from '../telemetry/json-text.ts';
import type { TextRange } from '../telemetry/raw-span.ts';

const backslash = 0x5c;
const lowerU = 0x75;
const simpleEscapes = new Set(Buffer.from('"\\/bfnrt'));

/**
 * The text as plain UTF-8, or undefined when it has no such form: an escape that JSON does not know, or half a surrogate
 * pair, which JSON can write and UTF-8 cannot hold. Such a text is kept as it was written.
 */
export function faithfulBytes(range: TextRange): Buffer | undefined {
  if (!range.escaped) return bytesOf(range);
  const { buffer, start, end } = range;
  const first = buffer.indexOf(backslash, start);
  if (first < 0 || first >= end) return buffer.subarray(start, end);
  const simple = unescapeSimple(buffer, start, end);
  if (simple) return simple;
  return hasPlainForm(buffer.subarray(start, end)) ? bytesOf(range) : undefined;
}

function hasPlainForm(bytes: Buffer): boolean {
  let at = bytes.indexOf(backslash);
  while (at >= 0) {
    const kind = bytes[at + 1] ?? 0;
    if (kind === lowerU) {
      const unit = unitAt(bytes, at + 2);
      if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff)) return false;
      at += 6;
      if (unit >= 0xd800 && unit <= 0xdbff) {
        const low = bytes[at] === backslash && bytes[at + 1] === lowerU ? unitAt(bytes, at + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff) return false;
        at += 6;
      }
    } else if (simpleEscapes.has(kind)) at += 2;
    else return false;
    at = bytes[at] === backslash ? at : bytes.indexOf(backslash, at);
  }
  return true;
}

function unitAt(bytes: Buffer, at: number): number {
  const digits = bytes.toString('latin1', at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}
