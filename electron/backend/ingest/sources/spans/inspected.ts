import { maximumDepth } from '../../../telemetry/raw-span.ts';

/**
 * Reads what JavaScript's `util.inspect` prints (`console.dir` in the console exporters of OpenTelemetry): objects with bare keys, text in
 * any quotes, `undefined`, `[Object]` where the printing stopped. Nothing of it is run. Linear, and bounded in depth.
 */
export class Inspected {
  private readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The value at `position`; throws SyntaxError where there is none. */
  value(depth = 0): unknown {
    if (depth > maximumDepth) throw new SyntaxError('nested too deep');
    this.blank();
    const { text } = this;
    const character = text[this.position];
    if (character === '{') return this.object(depth);
    if (character === '[') return this.list(depth);
    if (character === "'" || character === '"' || character === '`') return this.joinedText();
    return this.word(depth);
  }

  blank(): void {
    while (/\s/.test(this.text[this.position] ?? '')) this.position += 1;
  }

  private object(depth: number): ReadonlyMap<string, unknown> {
    const { text } = this;
    const entries = new Map<string, unknown>();
    this.position += 1;
    for (;;) {
      this.blank();
      const character = text[this.position];
      if (character === undefined) throw new SyntaxError('the text ends inside an object');
      if (character === '}') {
        this.position += 1;
        return entries;
      }
      if (character === ',') {
        this.position += 1;
        continue;
      }
      const key = this.key(depth);
      this.blank();
      const sign = text.startsWith('=>', this.position) ? '=>' : ':';
      if (!text.startsWith(sign, this.position)) {
        // A note: `... 3 more items`, or a getter without a value.
        continue;
      }
      this.position += sign.length;
      entries.set(key, this.value(depth + 1));
    }
  }

  private key(depth: number): string {
    const character = this.text[this.position];
    if (character === "'" || character === '"' || character === '`') return this.quoted();
    if (character === '[') {
      // `[Symbol(x)]`, `[length]`
      const end = this.text.indexOf(']', this.position);
      if (end < 0) throw new SyntaxError('the text ends inside a key');
      const key = this.text.slice(this.position, end + 1);
      this.position = end + 1;
      return key;
    }
    const start = this.position;
    while (/[\w$.]/.test(this.text[this.position] ?? '')) this.position += 1;
    if (this.position > start) return this.text.slice(start, this.position);
    if (depth < 0) return '';
    throw new SyntaxError(`expected a key at ${this.position}`);
  }

  private list(depth: number): unknown {
    const { text } = this;
    const note =
      /\[(?:Object|Array|Circular[^\]\n]{0,40}|Function[^\]\n]{0,200}|Getter[^\]\n]{0,40}|class [^\]\n]{0,200}|[A-Z]\w{0,80})\](?!\s*:)/y;
    note.lastIndex = this.position;
    const found = note.exec(text);
    if (found !== null) {
      this.position += found[0].length;
      return found[0];
    }
    if (text.startsWith('[Object: null prototype]', this.position)) {
      this.position += '[Object: null prototype]'.length;
      return this.value(depth + 1);
    }
    const items: unknown[] = [];
    this.position += 1;
    for (;;) {
      this.blank();
      const character = text[this.position];
      if (character === undefined) throw new SyntaxError('the text ends inside a list');
      if (character === ']') {
        this.position += 1;
        return items;
      }
      if (character === ',') {
        this.position += 1;
        continue;
      }
      const more = /\.\.\. \d+ more items?/y;
      more.lastIndex = this.position;
      const rest = more.exec(text);
      if (rest !== null) {
        this.position += rest[0].length;
        items.push(rest[0]);
        continue;
      }
      items.push(this.value(depth + 1));
    }
  }

  /** Long texts are printed in pieces: `'one\n' + 'two'`. */
  private joinedText(): string {
    const pieces = [this.quoted()];
    for (;;) {
      const before = this.position;
      this.blank();
      if (this.text[this.position] !== '+') {
        this.position = before;
        break;
      }
      this.position += 1;
      this.blank();
      pieces.push(this.quoted());
    }
    const more = /\.\.\. \d+ more characters?/y;
    more.lastIndex = this.position;
    const rest = more.exec(this.text);
    if (rest !== null) {
      this.position += rest[0].length;
      pieces.push('...[truncated]');
    }
    return pieces.join('');
  }

  private quoted(): string {
    const { text } = this;
    const quote = text[this.position];
    if (quote !== "'" && quote !== '"' && quote !== '`') throw new SyntaxError(`expected a text at ${this.position}`);
    let position = this.position + 1;
    let start = position;
    let read = '';
    for (;;) {
      const character = text[position];
      if (character === undefined) throw new SyntaxError('the text ends inside a text');
      if (character === quote) break;
      if (character !== '\\') {
        position += 1;
        continue;
      }
      read += text.slice(start, position);
      const [plain, length] = escape(text, position + 1);
      read += plain;
      position += 1 + length;
      start = position;
    }
    read += text.slice(start, position);
    this.position = position + 1;
    return read;
  }

  private word(depth: number): unknown {
    const { text } = this;
    const found = /[^\s,{}[\]]{1,500}/y;
    found.lastIndex = this.position;
    const word = found.exec(text)?.[0];
    if (word === undefined) throw new SyntaxError(`expected a value at ${this.position}`);
    this.position += word.length;
    if (word === 'undefined' || word === 'null' || word === 'NaN') return undefined;
    if (word === 'true' || word === 'false') return word === 'true';
    if (/^-?\d{1,40}n$/.test(word)) return BigInt(word.slice(0, -1));
    if (/^-?\d{16,40}$/.test(word)) {
      const whole = BigInt(word);
      return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
    }
    if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(word)) return Number(word);
    // `Resource {`, `Map(2) {`, `[Object: null prototype] {`: the name before what it holds.
    this.blank();
    const next = text[this.position];
    if (next === '{' || next === '[') return this.value(depth + 1);
    return word;
  }
}

function escape(text: string, at: number): readonly [plain: string, length: number] {
  const character = text[at] ?? '';
  const hex = character === 'x' ? text.slice(at + 1, at + 3) : character === 'u' ? text.slice(at + 1, at + 5) : '';
  if (hex !== '' && /^[0-9a-f]+$/i.test(hex)) return [String.fromCharCode(Number.parseInt(hex, 16)), 1 + hex.length];
  const plain = new Map([
    ['n', '\n'],
    ['r', '\r'],
    ['t', '\t'],
    ['b', '\b'],
    ['f', '\f'],
    ['v', '\v'],
    ['0', '\0'],
  ]).get(character);
  return [plain ?? character, character === '' ? 0 : 1];
}
