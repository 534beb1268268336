import { z } from 'zod';
import { costBySchema, costSortSchema } from './model/costs.ts';
import { findingKindSchema } from './model/finding.ts';
import { longestQuery } from './query/query.ts';

/** Where the window is: the one schema behind the address bar (hash), deep links and "copy link to this step". */
export const sortKeys = [
  'started',
  'name',
  'agent',
  'duration',
  'steps',
  'input',
  'output',
  'cached',
  'cost',
  'errors',
] as const;

export const runFilterSchema = z.object({
  /** Free text over names, agents, models and message content. */
  text: z.string().max(1_000).optional(),
  status: z.array(z.enum(['running', 'ok', 'error', 'partial', 'paused', 'unset'])).optional(),
  agents: z.array(z.string()).optional(),
  models: z.array(z.string()).optional(),
  minCostUsd: z.number().nonnegative().optional(),
  minDurationMs: z.number().nonnegative().optional(),
  /** Only runs started within the last n hours. */
  withinHours: z.number().positive().optional(),
  conversationId: z.string().optional(),
  /** Only runs with one of these tags. */
  tags: z.array(z.string().max(200)).optional(),
  pinned: z.boolean().optional(),
  /** Only runs in which one of these was found. */
  findings: z.array(findingKindSchema).optional(),
});
export type RunFilter = z.infer<typeof runFilterSchema>;

/** What the list of runs can be grouped by. */
export const runGroupings = ['agent', 'conversation', 'day', 'takes'] as const;
export type RunGrouping = (typeof runGroupings)[number];

/** One group of it; without a key the runs that have none of what they are grouped by. */
export const runsGroupSchema = z.object({ by: z.enum(runGroupings), key: z.string().max(4_000).optional() });
export type RunsGroup = Readonly<z.infer<typeof runsGroupSchema>>;

export const lensSchema = z.enum(['timeline', 'conversation', 'context']);
export const inspectorTabSchema = z.enum(['messages', 'tools', 'attributes', 'events', 'cost', 'raw']);

const pinIndex = z.number().int().nonnegative();
export const compareTabSchema = z.enum(['difference', 'input', 'output', 'parameters', 'attributes']);
export const compareKindsSchema = z.enum(['all', 'llm', 'tool', 'error']);

const runsPlace = z.object({
  screen: z.literal('runs'),
  filter: runFilterSchema.default({}),
  sort: z.enum(sortKeys).default('started'),
  descending: z.boolean().default(true),
  group: z.enum(['none', ...runGroupings]).default('none'),
});

const runPlace = z.object({
  screen: z.literal('run'),
  runId: z.string().max(200),
  step: z.number().int().nonnegative().optional(),
  /** Absent, as the tab: what was chosen last in this window. */
  lens: lensSchema.optional(),
  tab: inspectorTabSchema.optional(),
  /** Words that are found in the run, and marked in the step. */
  find: z.string().max(longestQuery).optional(),
  /** The re-run sheet is open, from this step. */
  rerun: z.number().int().nonnegative().optional(),
  /** The share sheet is open. */
  share: z.boolean().optional(),
});

const comparePlace = z.object({
  screen: z.literal('compare'),
  /** None or one: they are still to be chosen. Two: side by side. More: a matrix. */
  runIds: z.array(z.string().max(200)).max(50).default([]),
  /** The selected pair, by its step in the first and in the second run: `7~8`, `7~` (only in the first), `~8`. In a matrix with the column of the other run: `7~8~3`. */
  pair: z
    .string()
    .regex(/^(\d{1,7}~\d{0,7}|~\d{1,7})(~\d{1,2})?$/)
    .optional(),
  tab: compareTabSchema.default('difference'),
  show: z.enum(['all', 'changed']).default('all'),
  kinds: compareKindsSchema.default('all'),
  /** Steps that the reader holds together: [index in the first run, index in the second]; in a matrix [index in the first, index in the other, its column]. */
  pins: z
    .array(z.union([z.tuple([pinIndex, pinIndex]), z.tuple([pinIndex, pinIndex, pinIndex])]))
    .max(200)
    .default([]),
  /** To the byte: nothing is ignored, and the selected pair shows its whole contexts. */
  exact: z.boolean().optional(),
});

const costsPlace = z.object({
  screen: z.literal('costs'),
  by: costBySchema.default('model'),
  /** The last so many days; 0: all there is. */
  days: z.number().int().min(0).max(36_500).default(30),
  agents: z.array(z.string()).default([]),
  models: z.array(z.string()).default([]),
  sort: costSortSchema.default('cost'),
  descending: z.boolean().default(true),
});
const connectPlace = z.object({ screen: z.literal('connect'), client: z.string().max(60).optional() });
const settingsPlace = z.object({ screen: z.literal('settings') });

/**
 * One member per kind of place. A value of a place that stands for "nothing said" is its default here and nowhere else:
 * what is read, what is written and what the makers below fill in follow from it.
 */
export const locationSchema = z.discriminatedUnion('screen', [
  runsPlace,
  runPlace,
  comparePlace,
  costsPlace,
  connectPlace,
  settingsPlace,
]);
export type Location = z.infer<typeof locationSchema>;
export type ScreenName = Location['screen'];
export type LocationOf<Screen extends ScreenName> = Extract<Location, { screen: Screen }>;

/** What can be said of a place besides its screen and what names it. */
type Change<Screen extends ScreenName, Named extends string = never> = Partial<
  Omit<LocationOf<Screen>, 'screen' | Named>
>;

const anyRuns = runsPlace.parse({ screen: 'runs' });
const anyRun = runPlace.parse({ screen: 'run', runId: '' });
const anyCosts = costsPlace.parse({ screen: 'costs' });
const anyComparison = comparePlace.parse({ screen: 'compare' });

/** The list of runs: all of them, newest first, unless said otherwise. */
export function runsLocation(change: Change<'runs'> = {}): LocationOf<'runs'> {
  return { ...anyRuns, ...change };
}

/** A run, as a click on it opens it, unless said otherwise. */
export function runLocation(runId: string, change: Change<'run', 'runId'> = {}): LocationOf<'run'> {
  return { ...anyRun, ...change, runId };
}

/** Two runs side by side, or more in a matrix, with nothing selected yet; with fewer they are to be chosen. */
export function compareLocation(
  runIds: readonly string[] = [],
  change: Change<'compare', 'runIds'> = {},
): LocationOf<'compare'> {
  return { ...anyComparison, ...change, runIds: [...runIds] };
}

/** What was spent: by model over the last 30 days, unless said otherwise. */
export function costsLocation(change: Change<'costs'> = {}): LocationOf<'costs'> {
  return { ...anyCosts, ...change };
}

/** How telemetry gets here; with a client, how that one's does. */
export function connectLocation(client?: string): LocationOf<'connect'> {
  return { screen: 'connect', ...(client === undefined ? {} : { client }) };
}

export function settingsLocation(): LocationOf<'settings'> {
  return { screen: 'settings' };
}

export const homeLocation: Location = runsLocation();

export function isAt<Screen extends ScreenName>(location: Location, screen: Screen): location is LocationOf<Screen> {
  return location.screen === screen;
}

type Field = z.core.$ZodType;

/** The values of each kind of place, by their name. */
const fields: ReadonlyMap<string, ReadonlyMap<string, Field>> = new Map(
  locationSchema.options.map(({ shape }) => [shape.screen.value, new Map<string, Field>(Object.entries(shape))]),
);

/** Names of values that stand in an address as JSON. All others are text and stand there as they are. */
const jsonNames: ReadonlySet<string> = new Set(
  [...fields.values()].flatMap((place) => [...place].filter(([, field]) => !isText(field)).map(([name]) => name)),
);

function isText(field: Field): boolean {
  if (field instanceof z.ZodDefault || field instanceof z.ZodOptional) return isText(field.unwrap());
  if (field instanceof z.ZodUnion) return field.options.every(isText);
  return (
    field instanceof z.ZodTemplateLiteral ||
    field instanceof z.ZodString ||
    field instanceof z.ZodEnum ||
    field instanceof z.ZodLiteral
  );
}

function isDefault(field: Field, text: string): boolean {
  return field instanceof z.ZodDefault && textOf(field.def.defaultValue) === text;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * `#/run/<id>?step=9&tab=cost`: the path holds the screen and its main id, the query everything else that is no default,
 * as JSON or text, in the order of the schema. The same place always has the same text.
 */
export function formatLocation(location: Location): string {
  const values = new Map<string, unknown>(Object.entries(location));
  const query = new Array<string>();
  let path = `/${location.screen}`;
  for (const [name, field] of fields.get(location.screen) ?? []) {
    const value = values.get(name);
    if (name === 'screen' || value === undefined) continue;
    const text = textOf(value);
    if (name === 'runId') path += `/${encodeURIComponent(text)}`;
    else if (!isDefault(field, text)) query.push(`${name}=${encodeURIComponent(text)}`);
  }
  return `#${path}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** Anything that does not fit the schema leads home: a link can only navigate. */
export function parseLocation(hash: string): Location {
  const text = hash.replace(/^#?\/?/, '');
  const [path, query = ''] = splitOnce(text, '?');
  const [screen, id] = splitOnce(path, '/');
  const raw = new Map<string, unknown>([['screen', screen]]);
  try {
    if (id) raw.set('runId', decodeURIComponent(id));
    for (const pair of query.split('&')) {
      const [name, value = ''] = splitOnce(pair, '=');
      if (name) raw.set(name, parseValue(name, decodeURIComponent(value)));
    }
  } catch {
    return homeLocation;
  }
  const parsed = locationSchema.safeParse(Object.fromEntries(raw));
  return parsed.success ? parsed.data : homeLocation;
}

function parseValue(name: string, value: string): unknown {
  return jsonNames.has(name) ? JSON.parse(value) : value;
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
