/** A piece of a settings text with what it is. Pieces joined are the text, character by character. */
export interface CodePiece {
  readonly text: string;
  readonly kind: 'plain' | 'keyword' | 'string' | 'comment';
}

const pattern =
  /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(^\s*#.*$|\/\/ .*$)|\b(import|export|from|new|const|await|true|false)\b/gm;

/** For our own short snippets (TypeScript, TOML, JSON, environment lines), not for what a trace holds. */
export function highlightSettings(text: string): readonly CodePiece[] {
  const pieces: CodePiece[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), kind: 'plain' });
    pieces.push({
      text: match[0],
      kind: match[1] !== undefined ? 'string' : match[2] !== undefined ? 'comment' : 'keyword',
    });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), kind: 'plain' });
  return pieces;
}
