import { assertNever } from '../../../shared/model/assert-never.ts';
import type { CostsFile, CostsFileRequest } from '../../../shared/model/costs.ts';
import type { RedactionKind } from '../../../shared/model/redaction.ts';
import { csvLine } from '../base/csv.ts';
import { readSpendRows } from '../library/queries/costs.ts';
import type { SpendRow } from '../library/queries/costs.ts';
import type { LibraryReader } from '../library/reader.ts';
import { createPrivateValues } from '../redaction/redactor.ts';

/** Spend as a file, a line for each day, model, provider, tier and agent. What a form cannot hold is left out and counted. */
export function costsFile(reader: LibraryReader, { filter, format, redaction, redact }: CostsFileRequest): CostsFile {
  const asTheyAre = readSpendRows(reader, filter);
  const { rows, ...counts } = redactRows(asTheyAre, redaction);
  const written = redact ? rows : asTheyAre;
  switch (format) {
    case 'csv':
      return { fileName: 'costs.csv', text: plainCsv(written), undated: 0, unpriced: 0, ...counts };
    case 'focus':
      return { ...focusCsv(written), ...counts };
    default:
      return assertNever(format, 'format');
  }
}

type RedactedRows = Pick<CostsFile, 'found' | 'left'> & { readonly rows: readonly SpendRow[] };

/** The same rows with names for what is private in what a trace calls its models, providers, tiers and agents. */
function redactRows(rows: readonly SpendRow[], redaction: CostsFileRequest['redaction']): RedactedRows {
  const values = createPrivateValues(redaction);
  for (const { model, provider, tier, agent } of rows)
    for (const text of [model, provider, tier, agent]) values.learn(text);
  const redactor = values.redactor(redaction);
  const [found, left] = [new Map<RedactionKind, number>(), new Map<RedactionKind, number>()];
  const redacted = (text: string): string => {
    for (const { hits } of redactor.pieces(text))
      for (const { kind, isKept } of hits.flatMap((hit) => hit.values)) {
        if (kind === 'unsearched') continue;
        found.set(kind, (found.get(kind) ?? 0) + 1);
        if (isKept) left.set(kind, (left.get(kind) ?? 0) + 1);
      }
    return redactor.apply(text);
  };
  return {
    rows: rows.map((row) => ({
      ...row,
      model: redacted(row.model),
      provider: redacted(row.provider),
      tier: redacted(row.tier),
      agent: redacted(row.agent),
    })),
    found: Object.fromEntries(found),
    left: Object.fromEntries(left),
  };
}

const plainColumns = [
  'day',
  'model',
  'provider',
  'service_tier',
  'agent',
  'calls',
  'failed_calls',
  'calls_without_price',
  'input_tokens',
  'cached_tokens',
  'cache_written_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_usd',
  'cost_usd_uncached',
  'resent_usd_estimate',
] as const;

/** A day that the file of a run does not have is empty; so is money of which nothing is known. */
function plainCsv(rows: readonly SpendRow[]): string {
  const lines = rows.map(({ day, model, provider, tier, agent, figures }) => {
    const money = (nano: number) => (figures.priced === 0 ? undefined : usdText(nano));
    return csvLine([
      day,
      model,
      provider,
      tier,
      agent,
      figures.attempts,
      figures.failed,
      figures.unpriced,
      figures.input,
      figures.cacheRead,
      figures.cacheWrite,
      figures.output,
      figures.reasoning,
      money(figures.costNanoUsd),
      money(figures.uncachedNanoUsd),
      money(figures.resentNanoUsd),
    ]);
  });
  return csvLine(plainColumns) + lines.join('');
}

/**
 * The columns of FOCUS 1.0 (focus.finops.org). The last five are what they were called before: its own validator (focus-validator 1.0.0)
 * asks for those too, whichever version it is told.
 */
const focusColumns = [
  'AvailabilityZone',
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'CommitmentDiscountCategory',
  'CommitmentDiscountId',
  'CommitmentDiscountName',
  'CommitmentDiscountStatus',
  'CommitmentDiscountType',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'ContractedUnitPrice',
  'EffectiveCost',
  'InvoiceIssuerName',
  'ListCost',
  'ListUnitPrice',
  'PricingCategory',
  'PricingQuantity',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'RegionId',
  'RegionName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'SkuId',
  'SkuPriceId',
  'SubAccountId',
  'SubAccountName',
  'Tags',
  'ChargeType',
  'InvoiceIssuer',
  'Provider',
  'Publisher',
  'ResourceID',
] as const;
type FocusColumn = (typeof focusColumns)[number];

/** A charge needs a day and an amount: calls without either are left out and counted. */
function focusCsv(rows: readonly SpendRow[]): Omit<CostsFile, 'found' | 'left'> {
  const charges = rows.filter(({ day, figures }) => day !== undefined && figures.priced > 0);
  const lines = charges.map((row) => {
    const charge = focusCharge(row);
    return csvLine(focusColumns.map((column) => charge[column]));
  });
  return {
    fileName: 'costs-focus.csv',
    text: csvLine(focusColumns) + lines.join(''),
    undated: rows.reduce((sum, { day, figures }) => sum + (day === undefined ? figures.attempts : 0), 0),
    unpriced: rows.reduce((sum, { day, figures }) => sum + (day === undefined ? 0 : figures.unpriced), 0),
  };
}

function focusCharge({
  day = '',
  model,
  provider,
  tier,
  agent,
  figures,
}: SpendRow): Partial<Record<FocusColumn, string>> {
  const cost = usdText(figures.costNanoUsd);
  // A decimal, as the form has it: readers tell the type of a column by its cells.
  const tokens = `${figures.input + figures.output}.0`;
  const start = new Date(`${day}T00:00:00Z`);
  const month = Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), 1);
  const nextMonth = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1);
  const seller = provider === '' ? 'unknown provider' : provider;
  const sku = model === '' ? 'unknown model' : model;
  return {
    BilledCost: cost,
    BillingAccountId: 'retake',
    BillingAccountName: 'Computed by Retake from telemetry',
    BillingCurrency: 'USD',
    BillingPeriodStart: focusTime(month),
    BillingPeriodEnd: focusTime(nextMonth),
    ChargeCategory: 'Usage',
    ChargeDescription: `${figures.priced} model calls of ${sku}`,
    ChargeFrequency: 'Usage-Based',
    ChargeType: 'Usage',
    ChargePeriodStart: focusTime(start.getTime()),
    ChargePeriodEnd: focusTime(start.getTime() + 86_400_000),
    ConsumedQuantity: tokens,
    ConsumedUnit: 'Tokens',
    ContractedCost: cost,
    EffectiveCost: cost,
    InvoiceIssuer: seller,
    InvoiceIssuerName: seller,
    ListCost: cost,
    PricingCategory: 'Standard',
    PricingQuantity: tokens,
    PricingUnit: 'Tokens',
    Provider: seller,
    ProviderName: seller,
    Publisher: seller,
    PublisherName: seller,
    ResourceID: sku,
    ResourceId: sku,
    ResourceName: sku,
    ResourceType: 'Model',
    ServiceCategory: 'AI and Machine Learning',
    ServiceName: `${seller} models`,
    SkuId: sku,
    SkuPriceId: tier === '' ? sku : `${sku} ${tier}`,
    Tags: JSON.stringify({ ...(agent === '' ? {} : { agent }), ...(tier === '' ? {} : { service_tier: tier }) }),
  };
}

function focusTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Nine decimals of whole nano-dollars: no cell is rounded, and none has an exponent. */
function usdText(nano: number): string {
  const digits = String(Math.abs(nano)).padStart(10, '0');
  return `${nano < 0 ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
