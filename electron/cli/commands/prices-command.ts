import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { z } from 'zod';
import type { cliPricesSchema } from '../../../shared/cli-documents.ts';
import {
  changedPriceWords,
  modelSpendWords,
  priceKeyWords,
  repricingWords,
} from '../../../shared/model/price-words.ts';
import type {
  CatalogueChanges,
  CatalogueState,
  ModelPrice,
  PendingRepricing,
  RepricingReport,
} from '../../../shared/model/prices.ts';
import { wordsOf } from '../../../shared/words-of.ts';
import { printable, table, writeAll } from '../output.ts';
import { CommandFault } from './fault.ts';
import { formatUsd } from './format.ts';
import { withBackend } from './session.ts';
import type { BackendClient, LibraryOption } from './session.ts';

export interface PricesOptions extends LibraryOption {
  readonly update?: string;
  readonly download?: boolean;
  readonly reset?: boolean;
  readonly json?: boolean;
}

type CliPrices = z.infer<typeof cliPricesSchema>;

/** Largest file that is read at all: the published one is 0.4 MB. */
const largestFile = 16_000_000;
const shownModels = 20;

/** `retake prices [model]`: where prices come from, and what a model costs; with an option, other prices from now on. */
export async function pricesCommand(model: string | undefined, options: PricesOptions): Promise<void> {
  await withBackend(options, async ({ client }) => {
    const changes = await change(client, options);
    // What was to be priced again is, when the command ends.
    const { report } = changes === undefined ? {} : await client.prices.repriced();
    const { catalogue, repriced, pending } = await client.prices.get();
    const last = report ?? repriced;
    const price = model === undefined ? undefined : await client.prices.ofModel({ model });
    const settings = await client.settings.get();
    if (options.json === true) {
      const document: CliPrices = {
        schema: 1,
        currency: 'USD',
        catalogue: {
          ...catalogue,
          readAt: catalogue.readAt ?? null,
          before: catalogue.before ?? null,
          newer: catalogue.newer ?? null,
        },
        ownPrices: settings.priceOverrides.length,
        contracts: settings.contracts,
        changes: changes ?? null,
        repriced: last ?? null,
        pending: pending ?? null,
        model: price ?? null,
      };
      await writeAll(process.stdout, [`${JSON.stringify(document, undefined, 2)}\n`]);
      return;
    }
    await writeAll(process.stdout, [
      ...(changes === undefined ? [] : changesText(changes)),
      ...catalogueText(catalogue),
      ...(price === undefined
        ? [`own prices: ${settings.priceOverrides.length}, contracts: ${settings.contracts.length}\n`]
        : modelText(price, settings.priceOverrides)),
      ...(last === undefined ? [] : repricedText(last, changes !== undefined)),
      ...(pending === undefined ? [] : pendingText(pending)),
    ]);
    if (price !== undefined && price.listed.length === 0 && price.overrides.length === 0)
      throw new CommandFault(
        `There is no price for “${printable(price.model)}”: its calls count as calls without a price, never as $0.`,
      );
  });
}

async function change(client: BackendClient, options: PricesOptions): Promise<CatalogueChanges | undefined> {
  if (options.reset === true) return client.prices.goBack();
  if (options.download === true) return client.prices.download();
  if (options.update === undefined) return undefined;
  const { text, date } = await readFileToTake(options.update);
  return client.prices.take({ name: basename(options.update), text, date });
}

/** A catalogue does not say of which day it is: its file does. */
async function readFileToTake(path: string): Promise<{ readonly text: string; readonly date: string }> {
  try {
    const { size, mtime } = await stat(path);
    if (size > largestFile)
      throw new CommandFault(`${path} is no catalogue of prices: it has ${Math.round(size / 1e6)} MB.`);
    return { text: await readFile(path, 'utf8'), date: mtime.toISOString().slice(0, 10) };
  } catch (error) {
    throw error instanceof CommandFault ? error : new CommandFault(`${path} could not be read: ${wordsOf(error)}`);
  }
}

function catalogueText(catalogue: CatalogueState): readonly string[] {
  const from =
    catalogue.origin === 'packaged'
      ? 'comes with Retake'
      : `${catalogue.origin === 'file' ? 'from a file' : 'downloaded'}, read on ${new Date(catalogue.readAt ?? 0).toISOString().slice(0, 10)}`;
  return [
    `catalogue: ${printable(catalogue.name)}, of ${catalogue.date} (${from})\n`,
    `models: ${catalogue.models}, ${catalogue.datedModels} of them with prices by day\n`,
    'A call is priced at what held on its day, where the catalogue has days, else at its one price. What was billed stays.\n',
    ...(catalogue.before === undefined
      ? []
      : [`before: ${printable(catalogue.before.name)}, of ${catalogue.before.date} (--reset goes back to it)\n`]),
    ...(catalogue.newer === undefined
      ? []
      : [`Retake comes with newer ones: ${catalogue.newer.name}, of ${catalogue.newer.date}\n`]),
  ];
}

function changesText({ added, gone, changed, more }: CatalogueChanges): readonly string[] {
  const lines = (what: string, names: readonly string[], beyond: number): readonly string[] =>
    names.length === 0
      ? []
      : [
          `${what}: ${names.length + beyond}\n`,
          ...names.slice(0, shownModels).map((name) => `  ${printable(name)}\n`),
          ...(names.length + beyond > shownModels ? [`  and ${names.length + beyond - shownModels} more\n`] : []),
        ];
  const all = [
    ...lines('new models', added, more.added),
    ...lines(
      'other prices',
      changed.map(({ name, prices, isDated }) => `${name}  ${changedPriceWords(prices)}${isDated ? ' (by day)' : ''}`),
      more.changed,
    ),
    ...lines('models gone', gone, more.gone),
  ];
  return all.length === 0 ? ['No model has another price than before.\n'] : all;
}

function modelText(
  price: ModelPrice,
  own: readonly { readonly model: string; readonly input: number; readonly output: number }[],
): readonly string[] {
  return [
    ...price.overrides.flatMap((index) => {
      const one = own[index];
      return one === undefined
        ? []
        : [`own price of ${printable(one.model)}: input $${one.input}, output $${one.output} (comes first)\n`];
    }),
    ...(price.listed.length === 0
      ? []
      : [
          'US dollars per million tokens:\n',
          table(
            ['PROVIDER', 'MODEL', 'HOLDS', 'PRICES', 'CONTRACT'],
            price.listed.flatMap(({ provider, model, prices, contractFactor }) =>
              prices.map(({ holds, prices: all }) => [
                provider,
                model,
                holds ?? 'always',
                all.map(({ key, amount }) => `${priceKeyWords(key)} ${amount}`).join('; '),
                contractFactor === undefined ? '–' : `× ${contractFactor}`,
              ]),
            ),
          ),
        ]),
  ];
}

const money = (nanoUsd: number): string => formatUsd(nanoUsd / 1e9, false);

function repricedText(report: RepricingReport, isNow: boolean): readonly string[] {
  const when = isNow ? '' : `, on ${new Date(report.endedAt).toISOString().slice(0, 10)}`;
  return [
    `priced again${when}: ${repricingWords(report, money)}\n`,
    ...report.models.slice(0, shownModels).map((one) => `  ${printable(one.model)}: ${modelSpendWords(one, money)}\n`),
  ];
}

function pendingText({ startedAt, done, runs, first }: PendingRepricing): readonly string[] {
  return [
    `still to be priced again, since ${new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC: ${runs} of ${runs + done} runs. They have the prices of before until then; Retake goes on with them when it runs.\n`,
    ...first.map(({ runId, name }) => `  ${runId.slice(0, 12)}  ${printable(name)}\n`),
    ...(runs > first.length ? [`  and ${runs - first.length} more\n`] : []),
  ];
}
