import { z } from 'zod';

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
});
export type RunFilter = z.infer<typeof runFilterSchema>;

export const lensSchema = z.enum(['timeline', 'conversation', 'context']);
export const inspectorTabSchema = z.enum(['messages', 'tools', 'attributes', 'events', 'cost', 'raw']);

const pinIndex = z.number().int().nonnegative();
export const compareTabSchema = z.enum(['difference', 'input', 'output', 'parameters', 'attributes']);
export const compareKindsSchema = z.enum(['all', 'llm', 'tool', 'error']);

export const locationSchema = z.discriminatedUnion('screen', [
  z.object({
    screen: z.literal('runs'),
    filter: runFilterSchema.default({}),
    sort: z.enum(sortKeys).default('started'),
    descending: z.boolean().default(true),
  }),
  z.object({
    screen: z.literal('run'),
    runId: z.string().max(200),
    step: z.number().int().nonnegative().optional(),
    lens: lensSchema.default('timeline'),
    tab: inspectorTabSchema.default('messages'),
    /** The re-run sheet is open, from this step. */
    rerun: z.number().int().nonnegative().optional(),
  }),
  z.object({
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
  }),
  z.object({ screen: z.literal('costs') }),
  z.object({ screen: z.literal('connect'), client: z.string().max(60).optional() }),
  z.object({ screen: z.literal('settings') }),
]);
export type Location = z.infer<typeof locationSchema>;

export const homeLocation: Location = { screen: 'runs', filter: {}, sort: 'started', descending: true };

/** `#/run/<id>?step=9&tab=cost` — the path holds the screen and its main id, the query everything else as JSON-or-text values. */
export function formatLocation(location: Location): string {
  const { screen, ...rest } = location;
  const query = new Array<string>();
  let path = `/${screen}`;
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    if (key === 'runId') {
      path += `/${encodeURIComponent(String(value))}`;
      continue;
    }
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (isDefault(screen, key, text)) continue;
    query.push(`${key}=${encodeURIComponent(text)}`);
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
      const [key, value = ''] = splitOnce(pair, '=');
      if (key) raw.set(key, parseValue(key, decodeURIComponent(value)));
    }
  } catch {
    return homeLocation;
  }
  const parsed = locationSchema.safeParse(Object.fromEntries(raw));
  return parsed.success ? parsed.data : homeLocation;
}

/** Two runs side by side, or more in a matrix; nothing selected yet. */
export function compareLocation(runIds: readonly string[]): Extract<Location, { screen: 'compare' }> {
  return { screen: 'compare', runIds: [...runIds], tab: 'difference', show: 'all', kinds: 'all', pins: [] };
}

const jsonKeys = new Set(['filter', 'step', 'descending', 'runIds', 'pins', 'rerun']);

function parseValue(key: string, value: string): unknown {
  return jsonKeys.has(key) ? JSON.parse(value) : value;
}

function isDefault(screen: string, key: string, text: string): boolean {
  if (screen === 'runs')
    return (
      (key === 'filter' && text === '{}') ||
      (key === 'sort' && text === 'started') ||
      (key === 'descending' && text === 'true')
    );
  if (screen === 'run') return (key === 'lens' && text === 'timeline') || (key === 'tab' && text === 'messages');
  if (screen === 'compare') return compareDefaults.has(`${key}=${text}`);
  return false;
}

const compareDefaults = new Set(['runIds=[]', 'tab=difference', 'show=all', 'kinds=all', 'pins=[]']);

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
