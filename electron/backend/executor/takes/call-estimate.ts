import type { RequestFacts } from '../../../../shared/model/break.ts';
import type { Cost } from '../../../../shared/model/cost.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import type { PriceRequest } from '../../pricing/pricing.ts';
import type { CallTarget } from '../executor.ts';

/** What a call may cost at most, before it is made: a budget is kept by not making the call that could pass it. */
export interface CallEstimate {
  /** US dollars; undefined: the model has no known price. */
  mostUsd(facts: RequestFacts, to?: CallTarget): number | undefined;
  /** What an answered call of that model did cost: a model of this machine has a namesake that is sold. */
  answered(model: string, usd: number): void;
  /** How large a request was that has been answered, and how long the answer. */
  measured(size: {
    readonly characters: number;
    readonly inputTokens: number;
    readonly outputTokens?: number | undefined;
  }): void;
}

/** Of JSON text in most languages a token has more characters; until a call of the run has been counted this is what is reserved by. */
const cautiousCharactersPerToken = 2;
/** Requests of one run differ in what they are made of: by so much more than the run's own densest call is reserved. */
const margin = 1.1;
/** Where a request does not limit its answer, and none of the run was longer. */
const usualAnswer = 4_096;

export function createCallEstimate(services: { price(request: PriceRequest): Cost; now(): Nanos }): CallEstimate {
  let charactersPerToken: number | undefined;
  let longest = usualAnswer;
  const free = new Set<string>();
  return {
    mostUsd({ model, characters, longestAnswer = longest }, to) {
      if (free.has(model)) return 0;
      const tokens =
        charactersPerToken === undefined
          ? characters / cautiousCharactersPerToken
          : (characters / charactersPerToken) * margin;
      const input = Math.ceil(tokens);
      const priced = (usage: Usage): number | undefined => {
        const cost = services.price({
          usage,
          requestModel: model,
          responseModel: undefined,
          provider: to?.provider,
          serverAddress: to?.serverAddress,
          serviceTier: undefined,
          reportedCostUsd: undefined,
          atNs: services.now(),
        });
        return cost.kind === 'none' ? undefined : cost.usd;
      };
      const plain = priced({ input, output: longestAnswer });
      // Writing to the cache may cost more than reading nothing from it.
      return plain && Math.max(plain, priced({ input, cacheWrite: input, output: longestAnswer }) ?? 0);
    },
    answered(model, usd) {
      if (usd === 0) free.add(model);
      else free.delete(model);
    },
    measured({ characters, inputTokens, outputTokens = 0 }) {
      longest = Math.max(longest, Math.ceil(outputTokens * margin));
      if (characters <= 0 || inputTokens <= 0) return;
      charactersPerToken = Math.min(charactersPerToken ?? Infinity, characters / inputTokens);
    },
  };
}
