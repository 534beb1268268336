import type { DiffLine } from '../../../shared/model/comparison.ts';

/** How many lines stay within both bounds; at least one. A line counts at most `longestLine` characters: more of it is not drawn at first. */
export function linesWithin(
  lines: readonly DiffLine[],
  mostLines: number,
  mostCharacters: number,
  longestLine: number,
): number {
  let characters = 0;
  for (let at = 0; at < lines.length && at < mostLines; at += 1) {
    const line = lines[at];
    if (line !== undefined && line.op !== 'folded') characters += Math.min(line.text.length, longestLine);
    if (characters > mostCharacters) return Math.max(at, 1);
  }
  return Math.min(lines.length, mostLines);
}

export interface MarkedPiece {
  readonly text: string;
  readonly marked: boolean;
}

/** The first `end` characters of a line, cut where its marks ([from, to), in order) begin and end. Joined they are that text. */
export function markedPieces(
  text: string,
  marks: readonly (readonly [number, number])[],
  end: number,
): readonly MarkedPiece[] {
  const pieces: MarkedPiece[] = [];
  let at = 0;
  const add = (to: number, marked: boolean) => {
    if (to <= at) return;
    pieces.push({ text: text.slice(at, to), marked });
    at = to;
  };
  for (const [from, to] of marks) {
    add(Math.min(from, end), false);
    add(Math.min(to, end), true);
  }
  add(Math.min(text.length, end), false);
  return pieces;
}
