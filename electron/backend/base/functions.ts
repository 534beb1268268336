/** Functions by the name under which a thread offers them. Each takes first what it works on. */
export type FunctionsOver<Context> = Readonly<Record<string, (context: Context, ...values: never[]) => unknown>>;

/** The same functions as they are called: what they work on is given already. */
export type Bound<Functions> = {
  readonly [Name in keyof Functions]: Functions[Name] extends (context: never, ...values: infer Values) => infer Result
    ? (...values: Values) => Result
    : never;
};

type Joined<Maps extends readonly object[]> = Maps extends readonly [
  infer First,
  ...infer Rest extends readonly object[],
]
  ? First & Joined<Rest>
  : unknown;

/** Several maps as one. Throws when two of them have a function of one name: one would hide the other. */
export function joinFunctions<const Maps extends readonly object[]>(...maps: Maps): Joined<Maps> {
  const joined = new Map<string, unknown>();
  for (const [name, value] of maps.flatMap((map) => Object.entries(map))) {
    if (joined.has(name)) throw new Error(`Two functions of a thread are called ${name}.`);
    joined.set(name, value);
  }
  return Object.fromEntries(joined) as Joined<Maps>;
}
