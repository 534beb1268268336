/** A JSON list in pieces, of which an earlier list has the first ones too. */
interface GrownList {
  /** Pieces that both have, at least one. */
  readonly shared: number;
  readonly pieceAt: (index: number) => Buffer;
  /** What follows them, here and there. */
  readonly rest: Buffer;
  readonly earlierRest: Buffer;
}

export const openBracket = 0x5b;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;

/** A message that is cut inside is at most so many pieces before its end. */
const maximumPiecesBack = 16;

/**
 * The list of the elements that follow the shared ones. Undefined where the earlier list does not end there, so that its last elements may
 * not be among those of this one, where nothing follows, and where the bytes are no JSON list.
 */
export function elementsBeyond({ shared, pieceAt, rest, earlierRest }: GrownList): Buffer | undefined {
  const endOfEarlier = withoutEnd(earlierRest);
  if (endOfEarlier < 0 || endOfEarlier > rest.length) return undefined;
  if (!rest.subarray(0, endOfEarlier).equals(earlierRest.subarray(0, endOfEarlier))) return undefined;
  // A whole list closes as many containers behind this place as are open in it.
  let open = closedIn(rest);
  const parts = [rest];
  for (
    let index = shared - 1;
    open !== undefined && open > 1 && index > 0 && shared - index <= maximumPiecesBack;
    index--
  ) {
    const piece = pieceAt(index);
    const closed = closedIn(piece);
    open = closed === undefined ? undefined : open + closed;
    parts.unshift(piece);
  }
  if (open !== 1) return undefined;
  const bytes = Buffer.concat(parts);
  let start = 0;
  while (isSpace(bytes[start]) || bytes[start] === comma) start++;
  return bytes[start] === closeBracket ? undefined : Buffer.concat([Buffer.of(openBracket), bytes.subarray(start)]);
}

/** Where the bracket stands that closes the list; negative when the bytes do not end with one. */
function withoutEnd(bytes: Buffer): number {
  let end = bytes.length;
  while (isSpace(bytes[end - 1])) end--;
  return bytes[end - 1] === closeBracket ? end - 1 : -1;
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Containers that are closed less those that are opened; undefined when a string does not end. The bytes begin outside of strings. */
function closedIn(bytes: Buffer): number | undefined {
  let closed = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      at = endOfString(bytes, at + 1);
      if (at < 0) return undefined;
    } else if (byte === openBrace || byte === openBracket) closed--;
    else if (byte === closeBrace || byte === closeBracket) closed++;
  }
  return closed;
}

function endOfString(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(quote, from); at >= 0; at = bytes.indexOf(quote, at + 1)) {
    let first = at;
    while (first > from && bytes[first - 1] === backslash) first--;
    if ((at - first) % 2 === 0) return at;
  }
  return -1;
}
