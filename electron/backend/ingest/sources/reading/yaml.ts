import { maximumDepth } from '../../../telemetry/raw-span.ts';

/**
 * The part of YAML in which programs write what they recorded (PyYAML's and Psych's block style): maps, lists, plain and quoted text over
 * several lines, block text, `!!binary`, flow lists and maps without nesting of blocks. No anchors, no types of anyone's own: these stay
 * text. Linear, bounded in depth; throws SyntaxError on what it does not know.
 */
export function parseYaml(text: string): unknown {
  return new YamlReader(text).document();
}

const key =
  /^("(?:[^"\\]|\\.){0,1000}"|'(?:[^']|''){0,1000}'|[^\s"'#\-?{}[\],&*!|>%@`:](?:[^:#\n]|:(?!\s|$)|(?<!\s)#){0,1000}?|-(?=\S)[^:\n]{0,1000}?)[ \t]{0,20}:(?=\s|$)/;

class YamlReader {
  private readonly lines: readonly string[];
  private at = 0;

  constructor(text: string) {
    this.lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  }

  document(): unknown {
    this.blank();
    if (/^(---|%)/.test(this.lines[this.at] ?? '')) this.at += 1;
    this.blank();
    return this.block(0, 0);
  }

  /** Passes over empty lines and comments. */
  private blank(): void {
    while (this.at < this.lines.length && /^\s*(#.*)?$/.test(this.lines[this.at] ?? '')) this.at += 1;
  }

  private indent(): number {
    return /^ */.exec(this.lines[this.at] ?? '')?.[0].length ?? 0;
  }

  /** The value whose lines are indented by at least `least`. */
  private block(least: number, depth: number): unknown {
    if (depth > maximumDepth) throw new SyntaxError('nested too deep');
    this.blank();
    const line = this.lines[this.at];
    if (line === undefined || this.indent() < least || /^(---|\.\.\.)/.test(line)) return undefined;
    const indent = this.indent();
    const rest = line.slice(indent);
    if (/^-(\s|$)/.test(rest)) return this.list(indent, depth);
    if (key.test(rest)) return this.map(indent, depth);
    this.at += 1;
    return this.scalar(rest, indent);
  }

  private list(indent: number, depth: number): readonly unknown[] {
    const items: unknown[] = [];
    for (;;) {
      this.blank();
      const line = this.lines[this.at];
      if (line === undefined || this.indent() !== indent || !/^-(\s|$)/.test(line.slice(indent))) return items;
      const after = /^-\s*/.exec(line.slice(indent))?.[0].length ?? 1;
      const rest = line.slice(indent + after);
      if (rest === '') {
        this.at += 1;
        items.push(this.block(indent + 1, depth + 1));
      } else if (key.test(rest) || /^-(\s|$)/.test(rest)) {
        // The first entry of what is in it stands on the same line.
        (this.lines as string[])[this.at] = ' '.repeat(indent + after) + rest;
        items.push(this.block(indent + 1, depth + 1));
      } else {
        this.at += 1;
        items.push(this.scalar(rest, indent + 1));
      }
    }
  }

  private map(indent: number, depth: number): ReadonlyMap<string, unknown> {
    const entries = new Map<string, unknown>();
    for (;;) {
      this.blank();
      const line = this.lines[this.at];
      if (line === undefined || this.indent() !== indent) return entries;
      const found = key.exec(line.slice(indent));
      if (found === null) {
        if (/^-(\s|$)/.test(line.slice(indent)) || /^(---|\.\.\.)/.test(line)) return entries;
        throw new SyntaxError(`line ${this.at + 1} is no entry of a map`);
      }
      const name = found[1] ?? '';
      const rest = line.slice(indent + found[0].length).trim();
      this.at += 1;
      let value: unknown;
      if (rest === '' || rest.startsWith('#')) {
        this.blank();
        const next = this.lines[this.at] ?? '';
        // A list may stand as far left as its key.
        value =
          this.indent() === indent && /^ *-(\s|$)/.test(next)
            ? this.list(indent, depth + 1)
            : this.block(indent + 1, depth + 1);
      } else value = this.scalar(rest, indent + 1, depth);
      entries.set(/^["']/.test(name) ? String(unquoted(name)) : name, value);
    }
  }

  /** What begins on the line that was just passed; `indent`: the least that its further lines have. */
  private scalar(first: string, indent: number, depth = 0): unknown {
    const tag = /^!{1,2}[\w:/.-]{0,100}\s*/.exec(first)?.[0];
    if (tag !== undefined) {
      const rest = first.slice(tag.length);
      const value = rest === '' ? this.block(indent, depth + 1) : this.scalar(rest, indent, depth + 1);
      return tag.trim() === '!!binary' || tag.trim() === '!binary'
        ? new Uint8Array(Buffer.from(String(value).replaceAll(/\s/g, ''), 'base64'))
        : value;
    }
    if (/^[|>][+-]?\d?[+-]?\s*(#.*)?$/.test(first)) return this.blockText(first, indent);
    if (first.startsWith('"') || first.startsWith("'")) return this.quoted(first);
    if (first.startsWith('{') || first.startsWith('[')) return this.flow(first, indent);
    const pieces = [first.replace(/\s{1,20}#.*$/, '')];
    let breaks = 0;
    while (this.at < this.lines.length) {
      const line = this.lines[this.at] ?? '';
      if (line.trim() === '') {
        breaks += 1;
        this.at += 1;
        continue;
      }
      if (this.indent() < indent) break;
      pieces.push(breaks === 0 ? ' ' : '\n'.repeat(breaks), line.trim().replace(/\s{1,20}#.*$/, ''));
      breaks = 0;
      this.at += 1;
    }
    return plain(pieces.join(''));
  }

  /** Text in quotes over as many lines as it takes: a line break is a blank, an empty line a break. */
  private quoted(first: string): string {
    const quote = first[0] ?? '"';
    const lines = [first];
    const begun = this.at;
    let state = endOfQuoted(first, 1, quote);
    while (state < 0) {
      if (this.at >= this.lines.length) throw new SyntaxError(`text in quotes of line ${begun} does not end`);
      const line = this.lines[this.at] ?? '';
      this.at += 1;
      lines.push(line);
      state = endOfQuoted(line, 0, quote);
    }
    const last = lines.length - 1;
    lines[last] = (lines[last] ?? '').slice(0, state + 1);
    const pieces = [(lines[0] ?? '').slice(1, last === 0 ? -1 : undefined)];
    let breaks = 0;
    for (const [index, line] of lines.entries()) {
      if (index === 0) continue;
      const body = line.trimStart();
      const isLast = index === last;
      if (body === '' && !isLast) {
        breaks += 1;
        continue;
      }
      const before = pieces.at(-1) ?? '';
      // A backslash at the end of a line joins the next one to it.
      const isJoined = quote === '"' && /(?:^|[^\\])(?:\\\\){0,100}\\$/.test(before.slice(-200));
      pieces[pieces.length - 1] = isJoined ? before.slice(0, -1) : before.trimEnd();
      pieces.push(breaks > 0 ? '\n'.repeat(breaks) : isJoined ? '' : ' ', isLast ? body.slice(0, -1) : body);
      breaks = 0;
    }
    const text = pieces.join('');
    return quote === "'" ? text.replaceAll("''", "'") : unescaped(text);
  }

  private blockText(head: string, indent: number): string {
    const lines: string[] = [];
    let own: number | undefined = /\d/.test(head) ? indent - 1 + Number(/\d/.exec(head)?.[0] ?? 1) : undefined;
    while (this.at < this.lines.length) {
      const line = this.lines[this.at] ?? '';
      if (line.trim() !== '') {
        if (this.indent() < indent) break;
        own ??= this.indent();
      }
      lines.push(line);
      this.at += 1;
    }
    while (lines.at(-1)?.trim() === '') lines.pop();
    const cut = lines.map((line) => line.slice(own ?? indent));
    const text = head.startsWith('|')
      ? cut.join('\n')
      : cut
          .join('\n')
          .replaceAll(/([^\n ][^\n]*)\n(?=[^\n ])/g, '$1 ')
          .replaceAll(/\n\n/g, '\n');
    return head.includes('-') ? text : `${text}\n`;
  }

  /** A flow collection: as JSON where it is JSON, else its plain words. */
  private flow(first: string, indent: number): unknown {
    let text = first;
    while (
      !/[}\]]\s*(#.*)?$/.test(text) &&
      this.at < this.lines.length &&
      (this.lines[this.at]?.trim() === '' || this.indent() >= indent)
    ) {
      text += ` ${(this.lines[this.at] ?? '').trim()}`;
      this.at += 1;
      if (text.length > 1_000_000) break;
    }
    try {
      return JSON.parse(text) as unknown;
    } catch {
      if (/^\[[^[\]{}]*\]$/.test(text))
        return text
          .slice(1, -1)
          .split(',')
          .map((item) => plain(item.trim()))
          .filter((item) => item !== '');
      return text;
    }
  }
}

/** Where a text in quotes ends on this line; -1: not here. */
function endOfQuoted(line: string, from: number, quote: string): number {
  for (let index = from; index < line.length; index++) {
    const character = line[index];
    if (quote === '"' && character === '\\') index += 1;
    else if (character === quote) {
      if (quote === "'" && line[index + 1] === "'") index += 1;
      else return index;
    }
  }
  return -1;
}

function plain(text: string): unknown {
  if (/^["']/.test(text)) return unquoted(text);
  if (text === '' || text === '~' || /^(null|Null|NULL)$/.test(text)) return undefined;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(text) ? Number(text) : text;
}

const unquoted = (text: string): string =>
  text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : unescaped(text.slice(1, -1));

const escapes = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['e', String.fromCodePoint(27)],
  ['a', String.fromCodePoint(7)],
  ['0', String.fromCodePoint(0)],
  ['N', String.fromCodePoint(0x85)],
  ['_', String.fromCodePoint(0xa0)],
  ['L', String.fromCodePoint(0x2028)],
  ['P', String.fromCodePoint(0x2029)],
]);

function unescaped(text: string): string {
  return text.replaceAll(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/gs, (_, escape: string) => {
    const code = escape.length > 1 ? Number.parseInt(escape.slice(1), 16) : Number.NaN;
    if (Number.isFinite(code))
      return code <= 0x10ffff && escape.startsWith('U') ? String.fromCodePoint(code) : String.fromCharCode(code);
    return escapes.get(escape) ?? escape;
  });
}
