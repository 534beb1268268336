import { createHash } from 'node:crypto';
import { z } from 'zod';
import { wordsOf } from '../../../shared/words-of.ts';
import { Refused } from '../base/faults.ts';
import type {
  CatalogueData,
  CatalogueModel,
  CatalogueProvider,
  DatedPrices,
  MatchRule,
  PriceKey,
} from './catalogue-data.ts';
import { isDated } from './catalogue-data.ts';
import { catalogueTest } from './catalogue-pattern.ts';

/** The published file is 0.4 MB. */
export const largestCatalogue = 16_000_000;
/** Where genai-prices publishes its newest prices: the only address that prices are ever asked of, and only when the user says so. */
export const catalogueAddress =
  'https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json';

const text = z.string().min(1).max(500);
const pattern = text.refine(
  isPattern,
  'a regular expression of RE2 is expected, which looks ahead at its beginning only',
);
/** Rules in rules are as deep as this: the published ones are two. */
const deepest = 8;

function ruleSchema(depth: number): z.ZodType<MatchRule> {
  const simple = [
    z.strictObject({ equals: text }),
    z.strictObject({ starts_with: text }),
    z.strictObject({ ends_with: text }),
    z.strictObject({ contains: text }),
    z.strictObject({ regex: pattern }),
  ] as const;
  if (depth === 0) return z.union(simple);
  const inner = z.array(ruleSchema(depth - 1)).max(1_000);
  return z.union([...simple, z.strictObject({ or: inner }), z.strictObject({ and: inner })]);
}
const rule = ruleSchema(deepest);

const amount = z.number().nonnegative().max(1_000_000);
const price = z.union([
  amount,
  z.object({
    base: amount,
    tiers: z.array(z.object({ start: z.number().int().nonnegative(), price: amount })).max(50),
  }),
]);
/** Others that it has (pictures, searches) are passed over: no usage is counted for them. */
const prices = z.object({
  input_mtok: price.optional(),
  output_mtok: price.optional(),
  cache_read_mtok: price.optional(),
  cache_write_mtok: price.optional(),
  cache_write_1h_mtok: price.optional(),
  output_reasoning_mtok: price.optional(),
  input_audio_mtok: price.optional(),
  cache_audio_read_mtok: price.optional(),
  output_audio_mtok: price.optional(),
  requests_kcount: price.optional(),
} satisfies { readonly [Key in PriceKey]: z.ZodType });
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/);
const constraint = z.union([z.object({ start_date: z.iso.date() }), z.object({ start_time: time, end_time: time })]);
const model = z.object({
  id: text,
  match: rule,
  context_window: z.number().int().positive().optional(),
  prices: z.union([
    z
      .array(z.object({ constraint: constraint.optional(), prices }))
      .min(1)
      .max(200),
    prices,
  ]),
});
const provider = z.object({
  id: text,
  api_pattern: pattern,
  model_match: rule.optional(),
  provider_match: rule.optional(),
  fallback_model_providers: z.array(text).max(100).optional(),
  models: z.array(model).max(50_000),
});
/** As genai-prices publishes it: `data.json` and `data_slim.json`, of any of its versions. */
export const catalogueProvidersSchema = z.array(provider).min(1).max(2_000);

function isPattern(source: string): boolean {
  try {
    catalogueTest(source);
    return true;
  } catch {
    return false;
  }
}

/**
 * A catalogue that is not Retake's own. Throws Refused with the line or the key of what is wrong. `date`: the ISO day that it is of, since the
 * published files do not say one.
 */
export function readCatalogue(
  bytes: Uint8Array,
  named: { readonly name: string; readonly date: string },
): CatalogueData {
  if (bytes.length > largestCatalogue)
    throw refusal(
      `It is ${Math.round(bytes.length / 1e6)} MB, and a catalogue is never more than ${largestCatalogue / 1e6}.`,
    );
  const parsed = parse(bytes);
  if (!Array.isArray(parsed))
    throw refusal(
      'It begins with no list of providers: genai-prices publishes one as data.json and as data_slim.json.',
    );
  const read = catalogueProvidersSchema.safeParse(parsed);
  if (!read.success) throw refusal(faultOf(parsed, read.error));
  if (read.data.every(({ models }) => models.length === 0))
    throw refusal('It names no model: all calls would be without a price.');
  const mistake = perTokenMistake(read.data);
  if (mistake !== undefined) throw refusal(mistake);
  const id = createHash('sha256').update(JSON.stringify(read.data)).digest('hex');
  return { id, name: named.name, date: named.date, providers: read.data };
}

function refusal(what: string): Refused {
  return new Refused(`This is no catalogue of prices that can be used. ${what}`);
}

function parse(bytes: Uint8Array): unknown {
  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal('It is no text in UTF-8.');
  }
  try {
    return JSON.parse(source);
  } catch (error) {
    throw refusal(`It is no JSON: ${jsonFault(source, wordsOf(error))}.`);
  }
}

/** V8 says where only in some of its words. */
function jsonFault(source: string, words: string): string {
  if (words.includes('line ')) return words;
  const at = /position (\d+)/.exec(words)?.[1];
  const end = at === undefined ? source.length : Number(at);
  return `${words}, in line ${source.slice(0, end).split('\n').length}`;
}

/** The first fault, with the names of the provider and the model that it is in beside its key. */
function faultOf(parsed: readonly unknown[], error: z.ZodError): string {
  const issue = deepestIssue(error.issues[0]);
  const path = issue?.path ?? [];
  const [providerAt, models, modelAt] = path;
  const provider = typeof providerAt === 'number' ? named(parsed[providerAt]) : undefined;
  const model = models === 'models' && typeof modelAt === 'number' ? named(provider?.models?.[modelAt]) : undefined;
  const names = [
    ...(provider?.id === undefined ? [] : [`provider "${provider.id.slice(0, 100)}"`]),
    ...(model?.id === undefined ? [] : [`model "${model.id.slice(0, 100)}"`]),
  ];
  const where = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `At ${where.replace(/^\./, '') || 'its top'}${names.length === 0 ? '' : ` (${names.join(', ')})`}: ${issue?.message ?? 'it is something else'}.`;
}

type Issue = z.ZodError['issues'][number];

/** Of what could have been one or the other, the fault that lies deepest is the one of what it is meant to be. */
function deepestIssue(issue: Issue | undefined): Issue | undefined {
  if (issue?.code !== 'invalid_union') return issue;
  let deepest: Issue | undefined;
  for (const [first] of issue.errors) {
    const inner = deepestIssue(first);
    if (inner !== undefined && (deepest === undefined || inner.path.length > deepest.path.length)) deepest = inner;
  }
  return deepest === undefined || deepest.path.length === 0
    ? issue
    : { ...deepest, path: [...issue.path, ...deepest.path] };
}

const namedSchema = z.object({
  id: z.string().optional().catch(undefined),
  models: z.array(z.unknown()).optional().catch(undefined),
});
const named = (value: unknown) => namedSchema.safeParse(value).data;

/** No model is sold at a thousandth of a dollar for a million tokens: whole catalogues of such prices are written for one token. */
const leastUsual = 0.001;

function perTokenMistake(providers: readonly CatalogueProvider[]): string | undefined {
  const inputs = providers.flatMap(({ models }) => models.flatMap((one) => inputPrices(one))).filter((usd) => usd > 0);
  const tiny = inputs.filter((usd) => usd < leastUsual);
  return tiny.length * 2 > inputs.length && tiny.length > 0
    ? `Most of its prices (such as input_mtok ${tiny[0]}) are so small that they must be meant for one token: input_mtok is US dollars for a million.`
    : undefined;
}

function inputPrices({ prices: all }: CatalogueModel): readonly number[] {
  const dated: readonly DatedPrices[] = isDated(all) ? all : [{ prices: all }];
  return dated.flatMap(({ prices: { input_mtok: one } }) =>
    one === undefined ? [] : [typeof one === 'number' ? one : one.base],
  );
}
