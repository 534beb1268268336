import type { StructureChange } from '../../../shared/model/comparison.ts';
import { normaliseText, roundedNumber, ruleForKey } from './rules.ts';
import type { ActiveRules } from './rules.ts';
import { gapsBetween, matchSequences } from './sequence.ts';
import type { KeyedLine } from './text-difference.ts';

/** JSON against JSON: which values differ where, and both laid out one key per line, keys in the same order on both sides. */

type JsonObject = Readonly<Record<string, unknown>>;

export function diffStructure(a: unknown, b: unknown, active: ActiveRules): StructureChange[] {
  const changes: StructureChange[] = [];
  collect(a, b, '', [], active, changes);
  return changes;
}

function collect(
  a: unknown,
  b: unknown,
  path: string,
  keys: readonly string[],
  active: ActiveRules,
  changes: StructureChange[],
): void {
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const here = [...keys, key];
      if (ruleForKey(here, active) !== undefined) continue;
      const place = childPath(path, key);
      if (!Object.hasOwn(b, key)) changes.push({ path: place, change: 'removed', before: jsonText(a[key]) });
      else if (!Object.hasOwn(a, key)) changes.push({ path: place, change: 'added', after: jsonText(b[key]) });
      else collect(a[key], b[key], place, here, active, changes);
    }
  } else if (Array.isArray(a) && Array.isArray(b)) {
    collectList(a, b, path, keys, active, changes);
  } else if (valueKey(a, keys, active) !== valueKey(b, keys, active)) {
    changes.push({ path, change: 'changed', before: jsonText(a), after: jsonText(b) });
  }
}

/** Equal items are found wherever they are; what is left between them is compared place by place. */
function collectList(
  a: readonly unknown[],
  b: readonly unknown[],
  path: string,
  keys: readonly string[],
  active: ActiveRules,
  changes: StructureChange[],
): void {
  const numbers = new Map<string, number>();
  const keyed = (items: readonly unknown[]): Int32Array =>
    Int32Array.from(items, (item) => {
      const key = valueKey(item, keys, active);
      let number = numbers.get(key);
      if (number === undefined) numbers.set(key, (number = numbers.size));
      return number;
    });
  const whole = { aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length };
  for (const gap of gapsBetween(matchSequences(keyed(a), keyed(b), whole), whole)) {
    const both = Math.min(gap.aTo - gap.aFrom, gap.bTo - gap.bFrom);
    for (let at = 0; at < both; at++)
      collect(a[gap.aFrom + at], b[gap.bFrom + at], `${path}[${gap.bFrom + at}]`, keys, active, changes);
    for (let at = gap.aFrom + both; at < gap.aTo; at++)
      changes.push({ path: `${path}[${at}]`, change: 'removed', before: jsonText(a[at]) });
    for (let at = gap.bFrom + both; at < gap.bTo; at++)
      changes.push({ path: `${path}[${at}]`, change: 'added', after: jsonText(b[at]) });
  }
}

/** What a value counts as. */
function valueKey(value: unknown, keys: readonly string[], active: ActiveRules): string {
  return layOut(value, undefined, active, keys)
    .map(({ key }) => key)
    .join('\n');
}

/** One key or item per line, as JSON with two spaces. `like`: the other side, whose order of keys is followed where the order does not count. */
export function layOut(value: unknown, like: unknown, active: ActiveRules, keys: readonly string[] = []): KeyedLine[] {
  const lines: KeyedLine[] = [];
  write(value, like, 0, '', '', keys, active, undefined, lines);
  return lines;
}

function write(
  value: unknown,
  like: unknown,
  depth: number,
  before: string,
  after: string,
  keys: readonly string[],
  active: ActiveRules,
  ignored: string | undefined,
  lines: KeyedLine[],
): void {
  const indent = '  '.repeat(depth);
  const push = (text: string, key = text): void => {
    lines.push({ text: `${indent}${before}${text}`, key: ignored ?? `${indent}${before}${key}`.replace(/,$/, '') });
  };
  if (Array.isArray(value) && value.length > 0) {
    push('[');
    for (const [at, item] of value.entries()) {
      write(
        item,
        Array.isArray(like) ? like[at] : undefined,
        depth + 1,
        '',
        at < value.length - 1 ? ',' : '',
        keys,
        active,
        ignored,
        lines,
      );
    }
    lines.push(closing(`${indent}]${after}`, ignored));
  } else if (isObject(value) && Object.keys(value).length > 0) {
    push('{');
    const names = orderedKeys(value, like, active);
    for (const [at, name] of names.entries()) {
      const here = [...keys, name];
      const rule = ruleForKey(here, active);
      const inside =
        ignored ?? (rule === undefined ? undefined : `${'  '.repeat(depth + 1)}${JSON.stringify(name)}: ⟨ignored⟩`);
      write(
        value[name],
        isObject(like) ? like[name] : undefined,
        depth + 1,
        `${JSON.stringify(name)}: `,
        at < names.length - 1 ? ',' : '',
        here,
        active,
        inside,
        lines,
      );
    }
    lines.push(closing(`${indent}}${after}`, ignored));
  } else {
    push(`${jsonText(value)}${after}`, scalarKey(value, active));
  }
}

function closing(text: string, ignored: string | undefined): KeyedLine {
  return { text, key: ignored ?? text.replace(/,$/, '') };
}

function orderedKeys(value: JsonObject, like: unknown, active: ActiveRules): readonly string[] {
  const own = Object.keys(value);
  if (!active.ids.has('key-order')) return own;
  if (!isObject(like)) return own.sort();
  return own.sort(
    (one, two) => Number(!Object.hasOwn(like, one)) - Number(!Object.hasOwn(like, two)) || (one < two ? -1 : 1),
  );
}

function scalarKey(value: unknown, active: ActiveRules): string {
  if (typeof value === 'string') return JSON.stringify(normaliseText(value, active, new Set()));
  if (typeof value === 'number' && !Number.isInteger(value) && active.ids.has('float-noise'))
    return roundedNumber(value);
  return jsonText(value);
}

function childPath(path: string, key: string): string {
  const name = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) ? key : JSON.stringify(key);
  return path === '' ? name : `${path}.${name}`;
}

function jsonText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
