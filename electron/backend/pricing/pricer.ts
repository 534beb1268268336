import type { Contract, Cost, PriceOverride } from '../../../shared/model/cost.ts';
import { candidatesOf, catalogueProvider, hostOf, isLocalProvider, isLoopback, modelNames } from './candidates.ts';
import type { CatalogueData } from './catalogue-data.ts';
import { catalogueOf, ratesOf } from './catalogue.ts';
import type { Catalogue, CataloguePrice } from './catalogue.ts';
import { factorOf, findContract } from './contracts.ts';
import { findOverride, overrideRates } from './overrides.ts';
import { priceLines, scaled } from './price-lines.ts';
import type { Arithmetic, Rates } from './price-lines.ts';
import type { PriceRequest, Pricer } from './price-request.ts';

/** Everything that prices come from. */
export interface Pricing {
  readonly overrides: readonly PriceOverride[];
  readonly contracts: readonly Contract[];
  /** Without one: the catalogue that comes with Retake. */
  readonly catalogue: CatalogueData | undefined;
}

export const packagedPricing: Pricing = { overrides: [], contracts: [], catalogue: undefined };

/**
 * Prices steps: the user's own prices first, then the catalogue with the step's provider, then the catalogue by model name,
 * then what the client reported. A contract takes its percents off what the catalogue says. No network. An amount is never made up:
 * without a price the answer is `none` and why.
 */
export function createPricer({ overrides, contracts, catalogue }: Pricing): Pricer {
  const prices = catalogueOf(catalogue);
  return {
    price(request) {
      return (
        overridePrice(overrides, request) ??
        localPrice(prices, request) ??
        freePrice(request) ??
        routerBill(request, cataloguePrice(prices, contracts, request)) ??
        unpriced(request, prices.data.name)
      );
    },
  };
}

function overridePrice(overrides: readonly PriceOverride[], request: PriceRequest): Cost | undefined {
  const override = findOverride(overrides, request);
  if (override === undefined || !hasTokens(request)) return undefined;
  const { rates, notes } = overrideRates(override, request);
  return priced(request, priceLines(request.usage, rates), {
    source: 'override',
    sourceName: 'your override',
    priceDate: override.from,
    matchedModel: override.model,
    matchedProvider: override.provider,
    notes: [...(override.note === undefined || override.note === '' ? [] : [override.note]), ...notes],
  });
}

const free: Rates = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  reasoning: 0,
  audioInput: 0,
  audioCacheRead: 0,
  audioOutput: 0,
  request: undefined,
};

/**
 * A model that runs on this machine costs nothing. A loopback address alone is no proof: proxies and Retake's own gateway
 * listen there too, so a model that the stated provider sells keeps its price.
 */
function localPrice(prices: Catalogue, request: PriceRequest): Cost | undefined {
  if (!hasTokens(request)) return undefined;
  const host = request.serverAddress === undefined ? undefined : hostOf(request.serverAddress);
  const provider = request.provider !== undefined && isLocalProvider(request.provider) ? request.provider : undefined;
  if (provider === undefined) {
    if (host === undefined || !isLoopback(host)) return undefined;
    if (
      candidatesOf(request).some(
        (candidate) => candidate.provider !== undefined && prices.find(candidate, request.atNs) !== undefined,
      )
    )
      return undefined;
  }
  const model = modelNames(request.requestModel, request.responseModel)[0];
  return priced(request, priceLines(request.usage, free), {
    source: 'local',
    sourceName: 'this machine',
    priceDate: undefined,
    matchedModel: model ?? 'unnamed model',
    matchedProvider: provider,
    notes: [
      `Local: the model runs on ${provider === undefined ? `this machine (${host})` : provider}, which charges nothing for tokens.`,
    ],
  });
}

/** Routers offer a model for nothing under its name with `:free` behind it: the price of its namesake is not its own. */
function freePrice(request: PriceRequest): Cost | undefined {
  if (!hasTokens(request)) return undefined;
  const model = modelNames(request.requestModel, request.responseModel).find((name) =>
    /:free$|^openrouter\/free$/i.test(name),
  );
  if (model === undefined) return undefined;
  return priced(request, priceLines(request.usage, free), {
    source: 'catalogue',
    sourceName: 'its name',
    priceDate: undefined,
    matchedModel: model,
    matchedProvider: request.provider === undefined ? undefined : catalogueProvider(request.provider),
    notes: [`"${model.slice(0, 100)}" is offered for nothing: that is what ":free" stands for.`],
  });
}

/** What a router bills is what is paid, whichever provider answered: the catalogue's price stands beside it. */
function routerBill(request: PriceRequest, computed: Cost | undefined): Cost | undefined {
  const usd = reported(request);
  const isRouter =
    (request.provider !== undefined && catalogueProvider(request.provider) === 'openrouter') ||
    /(^|\.)openrouter\.ai$/.test(hostOf(request.serverAddress ?? '') ?? '');
  if (usd === undefined || !isRouter) return computed;
  return {
    kind: 'reported',
    usd,
    reportedUsd: usd,
    sourceName: 'billed by OpenRouter',
    notes: [],
    ...(computed?.kind === 'priced' ? { computedUsd: computed.usd } : {}),
  };
}

function cataloguePrice(prices: Catalogue, contracts: readonly Contract[], request: PriceRequest): Cost | undefined {
  if (!hasTokens(request)) return undefined;
  for (const candidate of candidatesOf(request)) {
    const found = prices.find(candidate, request.atNs);
    if (found === undefined) continue;
    const tier = serviceTier(request.serviceTier);
    const rates = scaled(ratesOf(found.prices, request.usage.input ?? 0), tier.factor);
    const list = priceLines(request.usage, rates);
    if (list.lines.length === 0 && hasPaidTokens(request)) continue;
    const contract = findContract(contracts, { ...request, provider: request.provider ?? found.provider });
    const factor = contract === undefined ? 1 : factorOf(contract);
    return priced(request, contract === undefined ? list : priceLines(request.usage, scaled(rates, factor)), {
      source: 'catalogue',
      sourceName: prices.data.name,
      priceDate: found.from ?? prices.data.date,
      ...(contract === undefined
        ? {}
        : {
            contract: {
              listUsd: list.usd,
              factor,
              provider: contract.provider,
              ...(contract.model === undefined ? {} : { model: contract.model }),
            },
          }),
      matchedModel: found.model,
      matchedProvider: found.provider,
      notes: [
        ...(candidate.provider === undefined && candidate.host === undefined ? guessNote(request, found) : []),
        ...tier.notes,
      ],
    });
  }
  return undefined;
}

function guessNote(request: PriceRequest, found: CataloguePrice): readonly string[] {
  return request.provider === undefined
    ? []
    : [
        `The catalogue has no such model of "${request.provider.slice(0, 100)}": this is the price of ${found.provider}.`,
      ];
}

/** The catalogue knows the standard tier only. Half price for batch and flex is what OpenAI, Anthropic and Google publish. */
function serviceTier(tier: string | undefined): { readonly factor: number; readonly notes: readonly string[] } {
  const name = tier?.trim().toLowerCase();
  if (
    name === undefined ||
    name === '' ||
    name === 'default' ||
    name === 'standard' ||
    name === 'auto' ||
    name === 'on_demand'
  )
    return { factor: 1, notes: [] };
  if (name === 'flex' || name === 'batch')
    return { factor: 0.5, notes: [`Service tier "${name}": half of the standard price, an estimate.`] };
  return {
    factor: 1,
    notes: [`Service tier "${name.slice(0, 50)}" is priced as the standard tier: the catalogue has no price for it.`],
  };
}

interface Match {
  readonly source: 'override' | 'catalogue' | 'local';
  readonly sourceName: string;
  readonly priceDate: string | undefined;
  readonly matchedModel: string;
  readonly matchedProvider: string | undefined;
  readonly contract?: Extract<Cost, { kind: 'priced' }>['contract'];
  readonly notes: readonly string[];
}

function priced(request: PriceRequest, arithmetic: Arithmetic, match: Match): Cost {
  return {
    kind: 'priced',
    usd: arithmetic.usd,
    lines: [...arithmetic.lines],
    source: match.source,
    sourceName: match.sourceName,
    matchedModel: match.matchedModel,
    ...(match.contract === undefined ? {} : { contract: match.contract }),
    notes: [...match.notes, ...arithmetic.notes],
    ...(arithmetic.uncachedUsd === undefined ? {} : { uncachedUsd: arithmetic.uncachedUsd }),
    ...(match.priceDate === undefined ? {} : { priceDate: match.priceDate }),
    ...(match.matchedProvider === undefined ? {} : { matchedProvider: match.matchedProvider }),
    ...(reported(request) === undefined ? {} : { reportedUsd: reported(request) }),
  };
}

function unpriced(request: PriceRequest, catalogueName: string): Cost {
  const usd = reported(request);
  if (usd !== undefined) {
    return {
      kind: 'reported',
      usd,
      reportedUsd: usd,
      sourceName: 'reported by the client',
      notes: ['There is no price to compare this amount with.'],
    };
  }
  const model = modelNames(request.requestModel, request.responseModel)[0];
  if (!hasTokens(request)) return { kind: 'none', reason: 'The client sent no token counts for this call.' };
  if (model === undefined) return { kind: 'none', reason: 'The client did not say which model it used.' };
  const provider = request.provider === undefined ? '' : ` of ${request.provider.slice(0, 100)}`;
  return {
    kind: 'none',
    reason: `No price for "${model.slice(0, 100)}"${provider} in ${catalogueName}. You can add one under Settings, Prices.`,
  };
}

function reported(request: PriceRequest): number | undefined {
  const usd = request.reportedCostUsd;
  return usd !== undefined && Number.isFinite(usd) && usd >= 0 ? usd : undefined;
}

function hasTokens(request: PriceRequest): boolean {
  return request.usage.input !== undefined || request.usage.output !== undefined;
}

function hasPaidTokens(request: PriceRequest): boolean {
  return (request.usage.input ?? 0) + (request.usage.output ?? 0) > 0;
}
