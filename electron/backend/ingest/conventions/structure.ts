import { maximumDepth } from '../../telemetry/raw-span.ts';

/**
 * Reading of foreign structures, whichever carrier they came by: JSON data or decoded AnyValue (Maps, bytes, bigints).
 * Nothing here throws, recurses past `maximumDepth`, or copies foreign keys into an object.
 */
export type Structure = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

export function isStructure(value: unknown): value is Structure {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** An own field of a map or an object; undefined when it is absent, null, or `value` is neither. */
export function field(value: unknown, key: string): unknown {
  if (!isStructure(value)) return undefined;
  const found: unknown =
    value instanceof Map ? value.get(key) : Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  return found ?? undefined;
}

/** The first of several names that is present: vendors spell one field in several ways. */
export function anyField(value: unknown, ...keys: readonly string[]): unknown {
  for (const key of keys) {
    const found = field(value, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function fieldAt(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) current = field(current, key);
  return current;
}

export function asArray(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** A non-empty string, as it is. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function textField(value: unknown, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const found = asText(field(value, key));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A finite number, also from a bigint or a numeric string (Codex and Claude Code send counts as strings). */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && value.length < 40 && /^\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(value))
    return Number(value);
  return undefined;
}

export function numberField(value: unknown, ...keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const found = asNumber(field(value, key));
    if (found !== undefined) return found;
  }
  return undefined;
}

export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (!isStructure(value)) return [];
  return value instanceof Map ? [...(value as ReadonlyMap<string, unknown>)] : Object.entries(value);
}

/** JSON text of any value. Past the depth limit it says so in place of the value instead of failing. */
export function jsonText(value: unknown): string {
  return writeJson(value, 0);
}

function writeJson(value: unknown, depth: number): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
  if (typeof value === 'bigint') return String(value);
  if (depth >= maximumDepth) return '"[nested too deeply]"';
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (Array.isArray(value)) return `[${value.map((item) => writeJson(item, depth + 1)).join(',')}]`;
  if (isStructure(value)) {
    return `{${entriesOf(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${writeJson(item, depth + 1)}`)
      .join(',')}}`;
  }
  return 'null';
}

/** A string as it is, anything else as JSON text; undefined stays undefined. */
export function textOrJson(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : jsonText(value);
}

type Known<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The fields that have a value, to be spread into an object whose optional fields must be absent rather than undefined. */
export function known<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>;
}
