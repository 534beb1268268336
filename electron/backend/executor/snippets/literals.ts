import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { JsonTree } from '../../base/json-tree.ts';

/** A language that JSON is written in as literals. Whatever a text holds, it stands between two quotation marks in one line. */
export interface LiteralLanguage {
  readonly indent: string;
  /** One sign that may not stand as it is. */
  escape(sign: string): string;
  key(key: string): string;
  scalar(source: string): string;
  /** What is nested too deep for a literal, as a text of JSON that is read when the program runs. */
  deep(source: string): string;
}

/** Signs that cannot be seen, or turn what stands around them: a reader of the text sees that they are there. */
const hidden = /["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** `\uXXXX`, twice for a sign of two. */
export function escapedUnits(sign: string): string {
  return Array.from({ length: sign.length }, (_, at) => escapedCode(sign.charCodeAt(at))).join('');
}

export function escapedCode(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

export function quoted(text: string, { escape }: Pick<LiteralLanguage, 'escape'>): string {
  return `"${text.replaceAll(hidden, (sign) => short[sign] ?? escape(sign))}"`;
}

export function writeLiteral(tree: JsonTree, language: LiteralLanguage, depth = 0): string {
  const inner = language.indent.repeat(depth + 1);
  const around = (open: string, lines: readonly string[], close: string): string =>
    lines.length === 0
      ? `${open}${close}`
      : `${open}\n${lines.map((line) => `${inner}${line}`).join(',\n')}\n${language.indent.repeat(depth)}${close}`;
  switch (tree.kind) {
    case 'text':
      return quoted(tree.text, language);
    case 'scalar':
      return language.scalar(tree.source);
    case 'deep':
      return language.deep(tree.source);
    case 'list':
      return around(
        '[',
        tree.items.map((item) => writeLiteral(item, language, depth + 1)),
        ']',
      );
    case 'object':
      return around(
        '{',
        tree.members.map(([key, value]) => `${language.key(key)}: ${writeLiteral(value, language, depth + 1)}`),
        '}',
      );
    default:
      return assertNever(tree, 'kind of JSON');
  }
}
