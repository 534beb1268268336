/** For tests of work that must grow with its input: counts looks instead of seconds, which say nothing on a busy machine. */
export interface CountedLooks<T> {
  /** The same items, each of whose properties counts when it is read, those of plain objects and lists inside included. */
  readonly items: readonly T[];
  /** Properties read so far. */
  looks(): number;
}

export function countLooks<T extends object>(items: readonly T[]): CountedLooks<T> {
  let looks = 0;
  const watched = new WeakMap<object, object>();
  function watch<Value>(value: Value): Value {
    if (typeof value !== 'object' || value === null) return value;
    const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
    if (!isPlain) return value;
    const known = watched.get(value);
    if (known) return known as Value;
    const proxy = new Proxy(value, {
      get(target, key, receiver) {
        looks += 1;
        return watch(Reflect.get(target, key, receiver) as unknown);
      },
    });
    watched.set(value, proxy);
    return proxy;
  }
  return { items: items.map(watch), looks: () => looks };
}
