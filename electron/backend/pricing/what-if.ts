import type { Cost } from '../../../shared/model/cost.ts';
import type { CostFigures, WhatIf, WhatIfOption } from '../../../shared/model/costs.ts';
import type { Nanos } from '../../../shared/model/units.ts';
import { catalogueProvider } from './candidates.ts';
import type { Pricer } from './price-request.ts';

/** Calls of one model of one provider in one tier, added up. */
export interface RecordedSpend {
  readonly model: string;
  /** Empty: the client did not say. */
  readonly provider: string;
  readonly tier: string;
  readonly figures: CostFigures;
}

/**
 * No two models promise to count the same text as the same tokens: Anthropic names up to 1.35 times as many for one of its own
 * generations, o200k_base takes a quarter fewer than its predecessor for some languages.
 */
const tokens = { fewest: 0.75, most: 1.35 };
/** Answers and reasoning of another model: the widest part of the range, and what a take proves. */
const answer = { shortest: 0.5, longest: 2 };

const tokenReason = 'Another model counts the same text as other tokens: from a quarter fewer to a third more.';
const answerReason = 'Another model answers, and reasons, at another length: from half as much to twice as much.';

/** Who publishes half of its standard price for what is answered within a day, and for what may wait or be refused. */
const batchProviders: ReadonlySet<string> = new Set(['openai', 'anthropic', 'google', 'mistral']);
const flexProviders: ReadonlySet<string> = new Set(['openai', 'google']);

/** The same recorded tokens at other prices, those of `atNs`. Calls without a price are left out and counted. */
export function whatIf(
  spend: readonly RecordedSpend[],
  targets: readonly string[],
  pricer: Pricer,
  atNs: Nanos,
): WhatIf {
  const priced = spend.filter(({ figures }) => figures.priced > 0);
  const total = (read: (figures: CostFigures) => number, of = priced) =>
    of.reduce((sum, { figures }) => sum + read(figures), 0);
  const costNanoUsd = total((figures) => figures.costNanoUsd);
  const uncached = total((figures) => figures.uncachedNanoUsd);
  const models = targets.map((model) => ({ model, option: otherModel(priced, model, pricer, atNs) }));
  return {
    costNanoUsd,
    calls: total((figures) => figures.priced),
    unpriced: spend.reduce((sum, { figures }) => sum + figures.unpriced, 0),
    options: [
      ...models.flatMap(({ option }) => (option === undefined ? [] : [option])),
      ...discounts(priced),
      ...(uncached === costNanoUsd
        ? []
        : [
            {
              kind: 'no-cache' as const,
              sameNanoUsd: uncached,
              lowNanoUsd: uncached,
              highNanoUsd: uncached,
              reasons: ['The recorded tokens, all of them at the price of input that is not cached.'],
            },
          ]),
    ],
    withoutPrice: models.flatMap(({ model, option }) => (option === undefined ? [model] : [])),
  };
}

function otherModel(
  spend: readonly RecordedSpend[],
  model: string,
  pricer: Pricer,
  atNs: Nanos,
): WhatIfOption | undefined {
  const reasons = new Set([tokenReason, answerReason]);
  let same = 0;
  let low = 0;
  let high = 0;
  for (const { provider, tier, figures } of spend) {
    const price = (usage: PricedUsage): Cost =>
      pricer.price({
        usage,
        requestModel: model,
        responseModel: undefined,
        provider: undefined,
        serverAddress: undefined,
        serviceTier: tier === '' ? undefined : tier,
        reportedCostUsd: undefined,
        atNs,
      });
    const one = usageOfOne(figures);
    const plain = price(one);
    if (plain.kind !== 'priced') return undefined;
    const isSameProvider = provider !== '' && plain.matchedProvider === catalogueProvider(provider);
    const keepsCache = isSameProvider || one.cacheRead + one.cacheWrite === 0;
    if (!keepsCache)
      reasons.add('Another provider caches by its own rules: from as much as recorded to nothing at all.');
    const cheap = price(scaled(one, tokens.fewest, answer.shortest, true));
    const dear = price(scaled(one, tokens.most, answer.longest, keepsCache));
    if (cheap.kind !== 'priced' || dear.kind !== 'priced') return undefined;
    same += plain.usd * figures.priced;
    low += cheap.usd * figures.priced;
    high += dear.usd * figures.priced;
  }
  return {
    kind: 'model',
    model,
    sameNanoUsd: Math.round(same * 1e9),
    lowNanoUsd: Math.round(low * 1e9),
    highNanoUsd: Math.round(high * 1e9),
    reasons: [...reasons],
  };
}

interface PricedUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly reasoning: number;
}

/** The average call: a price that depends on the size of a request is that of one, not of their sum. */
function usageOfOne({ priced, ...figures }: CostFigures): PricedUsage {
  return {
    input: figures.input / priced,
    output: figures.output / priced,
    cacheRead: figures.cacheRead / priced,
    cacheWrite: figures.cacheWrite / priced,
    cacheWrite1h: figures.cacheWrite1h / priced,
    reasoning: figures.reasoning / priced,
  };
}

function scaled(usage: PricedUsage, input: number, output: number, keepsCache: boolean): PricedUsage {
  const cached = keepsCache ? input : 0;
  return {
    input: usage.input * input,
    output: usage.output * output,
    cacheRead: usage.cacheRead * cached,
    cacheWrite: usage.cacheWrite * cached,
    cacheWrite1h: usage.cacheWrite1h * cached,
    reasoning: usage.reasoning * output,
  };
}

/** Only calls of the standard tier change; those of other providers stay what they were. */
function discounts(spend: readonly RecordedSpend[]): readonly WhatIfOption[] {
  const option = (
    kind: 'batch' | 'flex',
    providers: ReadonlySet<string>,
    reasons: readonly string[],
  ): readonly WhatIfOption[] => {
    const changes = ({ provider, tier }: RecordedSpend) => tier === '' && providers.has(catalogueProvider(provider));
    if (!spend.some(changes)) return [];
    const cost = (nano: (figures: CostFigures) => number) =>
      spend.reduce((sum, part) => sum + (changes(part) ? nano(part.figures) / 2 : part.figures.costNanoUsd), 0);
    const stays = spend.length > spend.filter(changes).length;
    return [
      {
        kind,
        sameNanoUsd: Math.round(cost((figures) => figures.costNanoUsd)),
        lowNanoUsd: Math.round(cost((figures) => figures.costNanoUsd)),
        highNanoUsd: Math.round(cost((figures) => figures.uncachedNanoUsd)),
        reasons: [...reasons, ...(stays ? ['Calls to providers that have no such tier stay at what they cost.'] : [])],
      },
    ];
  };
  return [
    ...option('batch', batchProviders, [
      'Half of the standard price, as the provider publishes it.',
      'An answer may take a day: every step of an agent would wait for it.',
      'Whether a batch finds what was cached is not promised: up to nothing cached.',
    ]),
    ...option('flex', flexProviders, [
      'Half of the standard price, as the provider publishes it.',
      'Answers are slower, and a call is refused when there is no room.',
      'What slow answers leave of the cache is not known: up to nothing cached.',
    ]),
  ];
}
