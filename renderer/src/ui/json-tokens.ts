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

/**
 * JSON text on lines of its own, every key and value exactly as it was sent (parsing it would round numbers and lose
 * repeated keys). Text that is not JSON comes back with the same tokens too.
 */
export function indentJson(text: string): string {
  const out: string[] = [];
  let depth = 0;
  let isEmptySoFar = false;
  const line = (): string => `\n${'  '.repeat(Math.min(Math.max(depth, 0), mostDepth))}`;
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

/** Bounds for a JSON tree on screen: it is not virtual, so a larger value is shown as text. */
const mostNodes = 3_000;
const mostDepth = 100;
const mostCharacters = 400_000;

export type ReadJson = { readonly kind: 'tree'; readonly value: object } | { readonly kind: 'text' };

/** A JSON object or array that is small enough for a tree; anything else is text. */
export function readJsonTree(text: string): ReadJson {
  const first = text.trimStart()[0];
  if (text.length > mostCharacters || (first !== '{' && first !== '[')) return { kind: 'text' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'text' };
  }
  if (typeof value !== 'object' || value === null || hasUnsafeNumber(text) || !isSmall(value)) return { kind: 'text' };
  return { kind: 'tree', value };
}

/** A number that JavaScript would show differently from what was sent (17 digits and more). */
function hasUnsafeNumber(text: string): boolean {
  return /[[:,\s]-?\d{16,}/.test(text);
}

function isSmall(root: object): boolean {
  let nodes = 0;
  const stack: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    nodes += 1;
    if (nodes > mostNodes || next.depth > mostDepth) return false;
    if (typeof next.value === 'object' && next.value !== null) {
      for (const value of Object.values(next.value)) stack.push({ value, depth: next.depth + 1 });
    }
  }
  return true;
}
