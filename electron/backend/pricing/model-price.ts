import type { ModelPrice } from '../../../shared/model/prices.ts';
import type { Nanos } from '../../../shared/model/units.ts';
import { modelNames } from './candidates.ts';
import { amountText } from './catalogue-changes.ts';
import { isDated, priceKeys } from './catalogue-data.ts';
import type { CatalogueModel, DatedPrices } from './catalogue-data.ts';
import { catalogueOf } from './catalogue.ts';
import { factorOf, findContract } from './contracts.ts';
import { matchesGlob } from './overrides.ts';
import type { Pricing } from './pricer.ts';

/** What a model's calls would be priced with: `gpt-5`, or `openai/gpt-5` for one provider. */
export function modelPriceOf(model: string, { overrides, contracts, catalogue }: Pricing, atNs: Nanos): ModelPrice {
  const known = catalogueOf(catalogue);
  const { data } = known;
  const names = modelNames(model, undefined);
  const [, owner, rest] = /^([^/:]+)[/:](.+)$/.exec(model.trim()) ?? [];
  const candidates = [
    ...names.map((name) => ({ provider: undefined, host: undefined, model: name })),
    ...(owner === undefined || rest === undefined ? [] : [{ provider: owner, host: undefined, model: rest }]),
    ...data.providers.flatMap(({ id }) => names.map((name) => ({ provider: id, host: undefined, model: name }))),
  ];
  const listed = new Map<string, ModelPrice['listed'][number]>();
  for (const candidate of candidates) {
    const found = known.find(candidate, atNs);
    if (found === undefined) continue;
    const name = `${found.provider} ${found.model}`;
    const entry = data.providers
      .flatMap(({ models }) => models)
      .find(({ id, prices }) => id === found.model && has(prices, found.prices));
    if (listed.has(name) || entry === undefined) continue;
    const contract = findContract(contracts, {
      requestModel: model,
      responseModel: undefined,
      provider: found.provider,
      atNs,
    });
    listed.set(name, {
      provider: found.provider,
      model: found.model,
      ...(found.contextWindow === undefined ? {} : { contextWindow: found.contextWindow }),
      prices: listOf(entry),
      ...(contract === undefined ? {} : { contractFactor: factorOf(contract) }),
    });
  }
  const lower = names.map((name) => name.toLowerCase());
  return {
    model,
    listed: [...listed.values()],
    overrides: overrides.flatMap((one, index) =>
      lower.some((name) => matchesGlob(one.model.trim().toLowerCase(), name)) ? [index] : [],
    ),
  };
}

function has(all: CatalogueModel['prices'], one: DatedPrices['prices']): boolean {
  return isDated(all) ? all.some(({ prices }) => prices === one) : all === one;
}

function listOf({ prices }: CatalogueModel): ModelPrice['listed'][number]['prices'] {
  const dated: readonly DatedPrices[] = isDated(prices) ? prices : [{ prices }];
  return dated.map(({ constraint, prices: one }) => ({
    ...(constraint === undefined
      ? {}
      : {
          holds:
            'start_date' in constraint
              ? `from ${constraint.start_date}`
              : `${constraint.start_time} to ${constraint.end_time}`,
        }),
    prices: priceKeys.flatMap((key) => (one[key] === undefined ? [] : [{ key, amount: amountText(one[key]) }])),
  }));
}
