import type { CatalogueChanges } from '../../../shared/model/prices.ts';
import type { CatalogueData, CatalogueModel, DatedPrices, ListPrice, ListPrices } from './catalogue-data.ts';
import { isDated, priceKeys } from './catalogue-data.ts';

/** Models that are named one by one; the rest is counted. */
const named = 200;

/** What another catalogue says otherwise of the prices of models. How their names are matched, and how large their contexts are, is left out. */
export function catalogueChanges(before: CatalogueData, after: CatalogueData): CatalogueChanges {
  const [old, now] = [modelsOf(before), modelsOf(after)];
  const added = [...now.keys()].filter((name) => !old.has(name));
  const gone = [...old.keys()].filter((name) => !now.has(name));
  const changed = [...now].flatMap(([name, model]) => {
    const was = old.get(name);
    if (was === undefined || textOf(was) === textOf(model)) return [];
    const [from, to] = [latest(was), latest(model)];
    return [
      {
        name,
        prices: priceKeys.flatMap((key) =>
          amountText(from[key]) === amountText(to[key])
            ? []
            : [{ key, ...withText('before', from[key]), ...withText('after', to[key]) }],
        ),
        /** Without a day, what ran before is priced by it too. */
        isDated: hasDays(model.prices),
      },
    ];
  });
  return {
    models: now.size,
    added: added.slice(0, named),
    gone: gone.slice(0, named),
    changed: changed.slice(0, named),
    more: {
      added: Math.max(0, added.length - named),
      gone: Math.max(0, gone.length - named),
      changed: Math.max(0, changed.length - named),
    },
  };
}

export function catalogueCounts({ providers }: CatalogueData): {
  readonly models: number;
  readonly datedModels: number;
} {
  const models = providers.flatMap((provider) => provider.models);
  return { models: models.length, datedModels: models.filter(({ prices }) => hasDays(prices)).length };
}

function hasDays(prices: CatalogueModel['prices']): boolean {
  return isDated(prices) && prices.some(({ constraint }) => constraint !== undefined && 'start_date' in constraint);
}

function modelsOf({ providers }: CatalogueData): ReadonlyMap<string, CatalogueModel> {
  return new Map(providers.flatMap(({ id, models }) => models.map((model) => [`${id}/${model.id}`, model] as const)));
}

/** The package's own objects have other keys in another order: only what is read of them counts. */
function textOf({ prices }: CatalogueModel): string {
  const dated: readonly DatedPrices[] = isDated(prices) ? prices : [{ prices }];
  return JSON.stringify(
    dated.map(({ constraint, prices: one }) => [
      constraint === undefined
        ? ''
        : 'start_date' in constraint
          ? constraint.start_date
          : `${constraint.start_time} ${constraint.end_time}`,
      ...priceKeys.map((key) => amountText(one[key])),
    ]),
  );
}

function latest({ prices }: CatalogueModel): ListPrices {
  return isDated(prices) ? (prices.at(-1)?.prices ?? {}) : prices;
}

function withText<Key extends string>(key: Key, price: ListPrice | undefined): { readonly [Name in Key]?: string } {
  return price === undefined ? {} : ({ [key]: amountText(price) } as { readonly [Name in Key]?: string });
}

/** `3`, or `3, above 200000: 6`. */
export function amountText(price: ListPrice | undefined): string {
  if (price === undefined) return '';
  if (typeof price === 'number') return String(price);
  return [
    String(price.base),
    ...price.tiers
      .toSorted((left, right) => left.start - right.start)
      .map(({ start, price: usd }) => `above ${start}: ${usd}`),
  ].join(', ');
}
