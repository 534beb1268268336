import type { z } from 'zod';
import type { cliCostsSchema } from '../../../shared/cli-documents.ts';
import { attributeOf, isCallsOwn } from '../../../shared/model/costs.ts';
import type { CallTimes, CostBy, CostFigures, CostFilter, Costs, CostSort } from '../../../shared/model/costs.ts';
import { printable, shorten, table, writeAll } from '../output.ts';
import { usageDocument } from './documents.ts';
import { redactedWords, redactionOf, warning } from './export-command.ts';
import type { RedactionOptions } from './export-command.ts';
import { CommandFault } from './fault.ts';
import { formatDuration, formatUsd } from './format.ts';
import { withBackend } from './session.ts';
import type { BackendClient } from './session.ts';

export interface CostsOptions extends Omit<RedactionOptions, 'takes'> {
  readonly by?: CostBy;
  readonly sort?: CostSort;
  readonly ascending?: boolean;
  readonly days?: number;
  readonly agent?: readonly string[];
  readonly model?: readonly string[];
  readonly limit?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly focus?: boolean;
  /** Of a file. */
  readonly redact?: boolean;
}

const shownGroups = 50;
const allGroups = 10_000;

/** `retake costs`: what was spent, by one dimension; or all of it as a file. */
export async function costsCommand(options: CostsOptions): Promise<void> {
  const filter: CostFilter = {
    ...(options.days === undefined ? {} : { days: options.days }),
    ...(options.agent === undefined ? {} : { agents: [...options.agent] }),
    ...(options.model === undefined ? {} : { models: [...options.model] }),
  };
  const by = options.by ?? 'model';
  await withBackend(options, async ({ client }) => {
    if (options.csv === true || options.focus === true) return writeFile(client, filter, options);
    if (options.redact === true) throw new CommandFault('Only a file is redacted: add --csv or --focus.');
    const limit = options.limit ?? (options.json === true ? allGroups : shownGroups);
    const costs = await client.costs.summary({
      by,
      filter,
      limit,
      ...(options.sort === undefined ? {} : { sort: options.sort }),
      descending: options.ascending !== true,
    });
    await writeAll(process.stdout, [options.json === true ? costsJson(by, costs) : costsTable(by, costs)]);
    const attribute = attributeOf(by);
    if (attribute !== undefined && isCallsOwn(attribute))
      process.stderr.write(`Each call has its own ${attribute}: there are no groups by it.\n`);
    const { unpriced } = costs.total;
    if (unpriced > 0) process.stderr.write(`${unpriced} calls have no price: the money is at least what is shown.\n`);
  });
}

async function writeFile(client: BackendClient, filter: CostFilter, options: CostsOptions): Promise<void> {
  const { redact = false } = options;
  const redaction = redactionOf(options, (await client.settings.get()).sharing);
  const format = options.focus === true ? 'focus' : 'csv';
  const { text, undated, unpriced, found, left } = await client.costs.file({ filter, format, redaction, redact });
  await writeAll(process.stdout, [text]);
  const words = redact ? redactedWords({ found, left, notSearched: 0 }) : warning(found, 'no figure changes');
  if (words !== undefined) process.stderr.write(`${words}\n`);
  if (undated > 0)
    process.stderr.write(`${undated} calls are left out: the files that they came from have no dates.\n`);
  if (unpriced > 0) process.stderr.write(`${unpriced} calls are left out: they have no price.\n`);
}

function costsTable(by: CostBy, { groups, rest, total, times: all }: Costs): string {
  if (total.attempts === 0) return 'No model calls in what was asked for.\n';
  const row = (name: string, figures: CostFigures, { p50Ms, p95Ms }: CallTimes = {}) => [
    shorten(printable(name), 60),
    figures.attempts,
    figures.failed,
    figures.input,
    figures.cacheRead,
    figures.output,
    formatDuration(p50Ms),
    formatDuration(p95Ms),
    usd(figures),
  ];
  return table(
    [attributeOf(by) ?? by.toUpperCase(), 'CALLS', 'FAILED', 'INPUT', 'CACHED', 'OUTPUT', 'P50', 'P95', 'COST'],
    [
      ...groups.map(({ key, name, figures, times }) => row(name ?? key ?? '–', figures, times)),
      ...(rest === undefined ? [] : [row(`${rest.groups} more`, rest.figures)]),
      row('total', total, all),
    ],
  );
}

function usd({ priced, unpriced, costNanoUsd }: CostFigures): string {
  return formatUsd(priced === 0 ? undefined : costNanoUsd / 1e9, unpriced > 0);
}

type CliCosts = z.infer<typeof cliCostsSchema>;

function costsJson(by: CostBy, { groups, rest, total, times }: Costs): string {
  const document: CliCosts = {
    schema: 1,
    by,
    groups: groups.map(({ key, name, figures, times: ofGroup }) => ({
      key: key ?? null,
      name: name ?? null,
      ...figuresDocument(figures),
      ...timesDocument(ofGroup),
    })),
    rest: rest === undefined ? null : { groups: rest.groups, ...figuresDocument(rest.figures) },
    total: { ...figuresDocument(total), ...timesDocument(times) },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function timesDocument({ p50Ms, p95Ms }: CallTimes) {
  return { callMsP50: p50Ms ?? null, callMsP95: p95Ms ?? null };
}

function figuresDocument(figures: CostFigures): Omit<CliCosts['total'], 'callMsP50' | 'callMsP95'> {
  return {
    calls: figures.attempts,
    failedCalls: figures.failed,
    unpricedCalls: figures.unpriced,
    usage: usageDocument(figures),
    costUsd: figures.priced === 0 ? null : figures.costNanoUsd / 1e9,
    costIsLowerBound: figures.unpriced > 0,
    uncachedUsd: figures.priced === 0 ? null : figures.uncachedNanoUsd / 1e9,
    resentUsdEstimate: figures.priced === 0 ? null : figures.resentNanoUsd / 1e9,
    sparedUsd: figures.sparedNanoUsd / 1e9,
  };
}
