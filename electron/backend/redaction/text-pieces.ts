import { hash } from 'node:crypto';

/**
 * An agent sends its whole conversation with every call: a long text is looked through message by message, and a message that was seen
 * before is not looked through again.
 */

const worthCutting = 2_000;
/** Between two objects of a list, in JSON or in JSON in JSON: no value reaches from one into the other. */
const between = '},{';

/** The text in pieces that add up to it. */
export function piecesOf(text: string): readonly string[] {
  if (text.length < worthCutting) return [text];
  const pieces: string[] = [];
  let from = 0;
  for (let at = text.indexOf(between); at >= 0; at = text.indexOf(between, at + 1)) {
    if (!beginsWithName(text, at + between.length)) continue;
    const cut = at + between.length - 1;
    pieces.push(text.slice(from, cut));
    from = cut;
  }
  pieces.push(text.slice(from));
  return pieces;
}

function beginsWithName(text: string, from: number): boolean {
  let at = from;
  while (text[at] === '\\') at++;
  return text[at] === '"';
}

/** What was found in a piece, for as long as there is room. */
export interface PieceMemory<Found> {
  of(piece: string, find: (piece: string) => Found): Found;
  clear(): void;
}

/** Of shorter pieces it is faster to look again. */
const shortest = 200;
const mostCharacters = 16 * 1024 * 1024;

export function createPieceMemory<Found>(): PieceMemory<Found> {
  const known = new Map<string, Found>();
  let characters = 0;

  function clear(): void {
    known.clear();
    characters = 0;
  }

  return {
    of(piece, find) {
      if (piece.length < shortest) return find(piece);
      const before = known.get(piece);
      if (before !== undefined) return before;
      const found = find(piece);
      if (characters + piece.length > mostCharacters) clear();
      characters += piece.length;
      known.set(detached(piece), found);
      return found;
    },
    clear,
  };
}

/** Pieces in which nothing was found, by digest: there is room for those of any run. */
export interface ClearedPieces {
  add(piece: string): void;
  has(piece: string): boolean;
}

const mostCleared = 500_000;

export function createClearedPieces(): ClearedPieces {
  const digests = new Set<string>();
  const digestOf = (piece: string): string => hash('sha1', piece, 'base64');
  return {
    add(piece) {
      if (piece.length >= shortest && digests.size < mostCleared) digests.add(digestOf(piece));
    },
    has: (piece) => piece.length >= shortest && digests.size > 0 && digests.has(digestOf(piece)),
  };
}

/** A copy: a part of a text holds all of the text in memory. */
const detached = (piece: string): string => Buffer.from(piece, 'utf16le').toString('utf16le');
