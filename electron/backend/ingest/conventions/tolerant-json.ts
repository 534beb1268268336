/**
 * JSON that an emitter cut off: attribute limits, 64 KB caps and "...[truncated]" suffixes leave half a document
 * (FACTS.md, Cut-off content: langfuse#6517, vscode#299952, openllmetry#3212). The longest valid prefix is read and said to be one.
 */
export interface TolerantJson {
  readonly value: unknown;
  readonly truncated: boolean;
}

/** undefined when the text is not JSON at all (plain text, Python repr …). Scalars count as JSON only when complete. */
export function parseTolerantJson(text: string): TolerantJson | undefined {
  try {
    return { value: JSON.parse(text) as unknown, truncated: false };
  } catch {
    // fall through: cut off, or no JSON
  }
  const start = firstNonSpace(text);
  const opening = text[start];
  if (opening !== '[' && opening !== '{') return undefined;
  const cut = scan(text, start);
  if (cut === undefined) return undefined;
  for (const candidate of [cut.repaired, cut.fallback]) {
    if (candidate === undefined) continue;
    try {
      return { value: JSON.parse(candidate) as unknown, truncated: true };
    } catch {
      // the fallback ends at the last complete value and is tried next
    }
  }
  return undefined;
}

/** Whether a text begins like a JSON document but does not end like one: cheap enough for ingest. */
export function looksCutOff(text: string): boolean {
  const opening = text[firstNonSpace(text)];
  if (opening !== '[' && opening !== '{') return false;
  const last = text.trimEnd().at(-1);
  return last !== (opening === '[' ? ']' : '}');
}

function firstNonSpace(text: string): number {
  let index = 0;
  while (index < text.length && text.charCodeAt(index) <= 0x20) index += 1;
  return index;
}

interface Cut {
  readonly repaired: string;
  readonly fallback: string | undefined;
}

/** Open brackets as a linked list, so that a safe point is remembered without copying the stack. */
interface Open {
  readonly closer: string;
  readonly outer: Open | undefined;
  readonly depth: number;
}

/** Deeper documents are not repaired: every reader stops at `maximumDepth` anyway. */
const maximumRepairDepth = 1_000;

/** Text after the outermost value has closed (a suffix such as "...[truncated]") is left out. */
function scan(text: string, start: number): Cut | undefined {
  let open: Open | undefined;
  let inString = false;
  let stringIsKey = false;
  let expectKey = false;
  let safeEnd = -1;
  let safeOpen: Open | undefined;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') {
        inString = false;
        if (!stringIsKey) [safeEnd, safeOpen] = [index + 1, open];
      }
      continue;
    }
    if (character === '"') {
      inString = true;
      stringIsKey = expectKey;
      expectKey = false;
    } else if (character === '{' || character === '[') {
      open = { closer: character === '{' ? '}' : ']', outer: open, depth: (open?.depth ?? 0) + 1 };
      if (open.depth > maximumRepairDepth) return undefined;
      expectKey = character === '{';
      [safeEnd, safeOpen] = [index + 1, open];
    } else if (character === '}' || character === ']') {
      if (open?.closer !== character) return undefined;
      open = open.outer;
      expectKey = false;
      if (open === undefined) return { repaired: text.slice(start, index + 1), fallback: undefined };
      [safeEnd, safeOpen] = [index + 1, open];
    } else if (character === ',') {
      // A number or literal has just ended: everything before the comma is whole.
      [safeEnd, safeOpen] = [index, open];
      expectKey = open?.closer === '}';
    }
  }
  if (safeEnd < 0) return undefined;
  const fallback = text.slice(start, safeEnd) + closing(safeOpen);
  if (!inString || stringIsKey) return { repaired: fallback, fallback: undefined };
  return { repaired: `${withoutBrokenEscape(text.slice(start))}"${closing(open)}`, fallback };
}

function closing(open: Open | undefined): string {
  let closers = '';
  for (let current = open; current !== undefined; current = current.outer) closers += current.closer;
  return closers;
}

function withoutBrokenEscape(text: string): string {
  const unicode = /(?<!\\)(?:\\\\)*(\\u[0-9a-fA-F]{0,3})$/.exec(text.slice(-12));
  if (unicode?.[1] !== undefined) return text.slice(0, -unicode[1].length);
  let backslashes = 0;
  while (text.at(-1 - backslashes) === '\\') backslashes += 1;
  return backslashes % 2 === 1 ? text.slice(0, -1) : text;
}
