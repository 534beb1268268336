/** What a stretch of JSON text is, for colouring. Keys are strings before a colon. */
export type JsonTokenKind = 'key' | 'string' | 'number' | 'word' | 'punctuation' | 'space' | 'other';

export interface JsonToken {
  readonly kind: JsonTokenKind;
  readonly text: string;
}

// An unclosed string runs to the end: looking for its end again from each quote inside it would take quadratic time.
const pattern =
  /("[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$))(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([{}[\],:])|(\s+)|([^\s"{}[\],:]+)/gs;

/**
 * Splits JSON text for display, byte for byte: the tokens joined give the text again, whether or not it is valid JSON
 * (a model may stop in the middle of its arguments).
 */
export function jsonTokens(text: string): readonly JsonToken[] {
  const tokens: JsonToken[] = [];
  for (const match of text.matchAll(pattern)) {
    const [whole, quoted, colon, number, word, punctuation, space] = match;
    if (quoted !== undefined) {
      tokens.push({ kind: colon === undefined ? 'string' : 'key', text: quoted });
      if (colon !== undefined) tokens.push({ kind: 'punctuation', text: colon });
    } else if (number !== undefined) tokens.push({ kind: 'number', text: whole });
    else if (word !== undefined) tokens.push({ kind: 'word', text: whole });
    else if (punctuation !== undefined) tokens.push({ kind: 'punctuation', text: whole });
    else tokens.push({ kind: space === undefined ? 'other' : 'space', text: whole });
  }
  return tokens;
}

/** Deeper values stand no further in: a trace may nest without end. */
const deepestIndent = 100;

/**
 * JSON text on lines of its own, every key and value exactly as it was sent (parsing it would round numbers and lose
 * repeated keys). Text that is not JSON comes back with the same tokens too.
 */
export function indentJson(text: string): string {
  const out: string[] = [];
  let depth = 0;
  let isEmptySoFar = false;
  const line = (): string => `\n${'  '.repeat(Math.min(Math.max(depth, 0), deepestIndent))}`;
  for (const token of jsonTokens(text)) {
    if (token.kind === 'space') continue;
    const mark = token.text;
    const closes = token.kind === 'punctuation' && (mark === '}' || mark === ']');
    if (closes) {
      depth -= 1;
      if (!isEmptySoFar) out.push(line());
    } else if (isEmptySoFar) out.push(line());
    isEmptySoFar = token.kind === 'punctuation' && (mark === '{' || mark === '[');
    out.push(token.kind === 'punctuation' ? mark.trimStart() : mark);
    if (isEmptySoFar) depth += 1;
    else if (token.kind === 'punctuation' && mark === ',') out.push(line());
    else if (token.kind === 'punctuation' && mark.endsWith(':')) out.push(' ');
  }
  return out.join('');
}
