/** Names that engines and tools look up on any object: `await` asks for `then`, printing for the rest. */
const askedOfEverything = new Set([
  'then',
  'toJSON',
  'inspect',
  'nodeType',
  'tagName',
  'asymmetricMatch',
  'constructor',
  'prototype',
  'default',
  '__esModule',
]);

/** Makes whatever the stand-in lacks throw instead of being quietly undefined, so that no test passes on a gap. */
export function strict<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      if (typeof key === 'string' && !(key in object) && !askedOfEverything.has(key) && !key.startsWith('_'))
        throw new Error(`stand-in: ${name}.${key} is not implemented`);
      return Reflect.get(object, key, receiver);
    },
    set(object, key, value, receiver) {
      if (typeof key === 'string' && !(key in object) && !key.startsWith('_'))
        throw new Error(`stand-in: ${name}.${key} is not implemented`);
      return Reflect.set(object, key, value, receiver);
    },
  });
}

/** Structured clone is stood in for by JSON: what JSON would change is refused. */
export function toJson(value: unknown): string {
  assertJson(value, 0);
  return JSON.stringify({ value });
}

export function fromJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && 'value' in parsed ? parsed.value : undefined;
}

function assertJson(value: unknown, depth: number): void {
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value))
  )
    return;
  if (value === undefined && depth <= 1) return;
  if (Array.isArray(value) || (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)) {
    for (const item of Object.values(value)) assertJson(item, depth + 1);
    return;
  }
  throw new TypeError(
    `stand-in: only JSON values are passed between processes, not ${Object.prototype.toString.call(value)}`,
  );
}
